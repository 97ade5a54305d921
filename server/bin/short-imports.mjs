// Tells Node where Sluice's own files are that import each other, in plain JavaScript like whatever imports it first. Node
// would look for each on the disk, for the package around it and its map of imports, hundreds of times in every thread:
// half of what loading them costs.
import { registerHooks } from 'node:module'
import { extname } from 'node:path'

const prefix = '#server/'
const server = new URL('..', import.meta.url).href
const formats = { '.ts': 'module-typescript', '.js': 'module', '.mjs': 'module' }

registerHooks({
  resolve(specifier, context, next) {
    const format = formats[extname(specifier)]
    // A plugin's package may have a map of its own, with the same names.
    const isOwn = specifier.startsWith(prefix) && context.parentURL?.startsWith(server)
    if (!isOwn || format === undefined) return next(specifier, context)
    return { url: server + specifier.slice(prefix.length), format, shortCircuit: true }
  },
})
