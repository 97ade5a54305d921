import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes a folder for `plugin.path` with the verifiable connectors, as a package of somebody else's would be: the worker that
 * runs them is the one that is shipped. Answers the folder.
 */
export function verifiablePlugins(folder: string): string {
  const own = join(folder, 'plugins', 'verifiable')
  mkdirSync(own, { recursive: true })
  writeFileSync(
    join(own, 'package.json'),
    JSON.stringify({ name: 'verifiable', version: '1.0.0', type: 'module', sluice: { plugins: './index.js' } }),
  )
  writeFileSync(join(own, 'index.js'), `export * from '${new URL('./connectors.ts', import.meta.url).href}'\n`)
  return join(folder, 'plugins')
}
