import { existsSync, realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { list } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'

/** The parameter of providers that read files (Kafka: `AllowedPaths`, KIP-993). */
export const allowedPathsField = list({
  doc: 'A comma separated list of paths that this config provider is allowed to access. If not set, all paths are allowed.',
  importance: 'high',
  default: [],
})

/** Answers the real path behind one that somebody asked for; throws when it lies outside the allowed ones. */
export type CheckPath = (path: string) => string

/**
 * Judges where a path leads, not how it is written: links are followed first (S-05). Throws SETTING_INVALID for an allowed
 * path that is not absolute or does not exist.
 */
export function allowPaths(allowed: readonly string[]): CheckPath {
  const roots = allowed.map((path) => {
    if (!isAbsolute(path)) throw new ConnectError('SETTING_INVALID', `Path ${path} is not absolute`)
    if (!existsSync(path)) throw new ConnectError('SETTING_INVALID', `Path ${path} does not exist`)
    return realpathSync(path)
  })

  return (path) => {
    const real = realOf(path)
    if (real === undefined) {
      // Whether something outside exists is nobody's business either.
      if (roots.length > 0 && !roots.some((root) => isWithin(resolve(path), root))) throw notAllowed(path)
      throw new ConnectError('CONFIG_INVALID', `Path ${path} does not exist`)
    }
    if (roots.length > 0 && !roots.some((root) => isWithin(real, root))) throw notAllowed(path)
    return real
  }
}

const notAllowed = (path: string) =>
  new ConnectError('CONFIG_INVALID', `The path ${path} is not allowed to be accessed`)

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined // not there, not readable, or no path at all
  }
}

function isWithin(path: string, root: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}
