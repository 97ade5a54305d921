import { registerHooks } from 'node:module'

/** The modules of the SDK that have names of their own; every other `sluice/sdk/<name>` is `server/sdk/<name>.ts`. */
const named: Readonly<Record<string, string>> = {
  'sluice/sdk': '../../sdk/connector.ts',
  'sluice/sdk/config': '../../contract/config-field.ts',
}

/** The module of this Sluice that an import of `sluice/sdk` or of something below it means; undefined for other imports. */
export function sdkModule(specifier: string): string | undefined {
  const own = named[specifier] ?? /^sluice\/sdk\/([\w-]+(?:\/[\w-]+)*)$/.exec(specifier)?.[1]
  if (own === undefined) return undefined
  return new URL(own.startsWith('.') ? own : `../../sdk/${own}.ts`, import.meta.url).href
}

/**
 * From now on every module of this thread that imports the SDK gets the copy of this Sluice, whatever is installed beside
 * it: two copies would disagree about what a schema is.
 */
export function openSdkDoor(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const url = sdkModule(specifier)
      return url ? { url, shortCircuit: true } : next(specifier, context)
    },
  })
}
