import { readlinkSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join, relative, resolve, sep } from 'node:path'
import { ConnectError } from '#server/contract/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where Sluice keeps its state when nothing says otherwise. */
const defaultDataFolder = '.sluice'

/**
 * Refuses a file that connectors must not touch: anything in Sluice's own state folder (`SLUICE_DATA_DIR`), and, where
 * `SLUICE_FILE_ROOTS` lists folders (separated as PATH is), anything outside them. Links are followed before judging.
 */
export function checkAllowed(file: string, env: Environment): void {
  const problem = pathProblem(file, env)
  if (problem !== undefined) throw new ConnectError('BAD_REQUEST', problem)
}

/** What is wrong with a file in the eyes of `checkAllowed`, as a sentence; undefined when connectors may touch it. */
export function pathProblem(file: string, env: Environment): string | undefined {
  const real = realPath(resolve(file))
  const state = env.SLUICE_DATA_DIR || defaultDataFolder
  if (isWithin(real, realPath(resolve(state)))) return `The file ${file} lies in Sluice's own data folder.`
  const roots = env.SLUICE_FILE_ROOTS?.split(delimiter).filter((root) => root !== '') ?? []
  if (roots.length > 0 && !roots.some((root) => isWithin(real, realPath(resolve(root))))) {
    return `The file ${file} lies outside the folders that SLUICE_FILE_ROOTS allows.`
  }
  return undefined
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`))
}

/** The path with every link resolved, also one that leads to a file that is not there yet. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(path) === path) throw error
    const target = linkTarget(path)
    return target === undefined ? join(realPath(dirname(path)), basename(path)) : realPath(target)
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return resolve(dirname(path), readlinkSync(path))
  } catch {
    return undefined // not a link
  }
}
