import { findPluginPackages, type PackageOnPath } from '#server/runtime/plugin-path/find-packages.ts'

/** What the threads of a worker load: looked for once, so that all of them know the same plugins. */
export interface PackagesToLoad {
  all(): readonly PackageOnPath[]
  /** I9: a package that cost a thread is loaded on no other one until the worker starts again. */
  leaveOut(folder: string, problem: string): void
  /** Why a package is not loaded, as far as that is known without its code. */
  problemOf(folder: string): string | undefined
}

export function createPackagesToLoad(pluginPath: string | undefined): PackagesToLoad {
  let packages = findPluginPackages(pluginPath)
  return {
    all: () => packages,
    leaveOut(folder, problem) {
      packages = packages.map((one) => {
        if (one.folder !== folder) return one
        const { name, version } = one
        return { folder, problem, ...(name !== undefined && { name }), ...(version !== undefined && { version }) }
      })
    },
    problemOf(folder) {
      const found = packages.find((one) => one.folder === folder)
      return found && 'problem' in found ? found.problem : undefined
    },
  }
}
