import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { messageOf } from '#server/contract/errors.ts'

/** A package of plugins on `plugin.path`, before any of its code is read. */
export interface FoundPackage {
  folder: string
  name: string
  version: string
  /** The module that exports the plugins. */
  entry: string
}

/** Something that ought to be a package and is none that can be loaded. */
export interface UnusablePackage extends Partial<Pick<FoundPackage, 'name' | 'version'>> {
  folder: string
  problem: string
}

export type PackageOnPath = FoundPackage | UnusablePackage

/**
 * The packages below each folder of `plugin.path` (see docs/decisions/0009): folders, and folders below an `@scope`, whose
 * package.json names the module of the plugins as `"sluice": { "plugins": "./index.js" }`. Others are somebody else's: a
 * worker of the JVM may have its own plugins on the same path.
 */
export function findPluginPackages(pluginPath: string | undefined): PackageOnPath[] {
  const roots = (pluginPath ?? '').split(',').flatMap((root) => root.trim() || [])
  return roots.flatMap((root) => {
    if (!existsSync(root)) return [{ folder: root, problem: 'There is no such folder.' }]
    return [root, ...foldersIn(root)].flatMap((folder) => readPackage(folder) ?? [])
  })
}

const foldersIn = (root: string): string[] =>
  readdirSync(root)
    .sort()
    .map((name) => join(root, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
    .flatMap((folder) => (folder.startsWith(join(root, '@')) ? foldersIn(folder) : [folder]))

function readPackage(folder: string): PackageOnPath | undefined {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return undefined
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    return { folder, problem: `Its package.json cannot be read: ${messageOf(error)}` }
  }
  const { name, version, sluice } = Object(json) as Record<string, unknown>
  if (sluice === undefined) return undefined
  const { plugins } = Object(sluice) as Record<string, unknown>
  if (typeof plugins !== 'string') {
    return {
      folder,
      problem: 'Its package.json has to name the module of its plugins, as "sluice": { "plugins": "./index.js" }.',
    }
  }
  const entry = join(folder, plugins)
  const way = relative(folder, entry)
  if (way.startsWith('..') || isAbsolute(way)) return { folder, problem: `${plugins} lies outside of the package.` }
  if (!existsSync(entry)) return { folder, problem: `${plugins} does not exist.` }
  return {
    folder,
    name: typeof name === 'string' ? name : folder,
    version: typeof version === 'string' ? version : '',
    entry,
  }
}
