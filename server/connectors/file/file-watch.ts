import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock } from '#server/contract/clock.ts'

/** Tells when a file may have changed. */
export interface FileWatch extends Disposable {
  /** Resolves when something happened since the last call, else at the next change, a slow look, or the abort. */
  changed(signal: AbortSignal): Promise<void>
  /** The name may stand for another file by now: the next `changed` watches what it finds there. */
  renew(): void
}

/** Network file systems tell nothing, so somebody has to look now and then. */
const lookWhileWatchingMs = 5_000
const lookMs = 1_000

/** Watches the file, or its folder while there is no file. */
export function watchFile(file: string, clock: Clock): FileWatch {
  let watcher: FSWatcher | undefined
  let dirty = false
  let wake: () => void = () => undefined

  const notice = () => {
    dirty = true
    wake()
  }

  function close() {
    watcher?.close()
    watcher = undefined
  }

  /** `names` are those whose events count; a rename of `self` ends the watch, because what it watches has no name now. */
  function open(path: string, self: string, names: readonly string[]): boolean {
    try {
      watcher = watch(path, { persistent: false })
    } catch {
      return false // not there, or no watches left: the slow look remains
    }
    watcher.on('change', (event, name) => {
      const named = name === null ? self : `${name}`
      if (!names.includes(named)) return
      if (event === 'rename' && named === self) close()
      notice()
    })
    watcher.on('error', close)
    dirty = true // what happened before the watch began is unknown
    return true
  }

  function establish() {
    if (watcher) return
    const name = basename(file)
    const folder = dirname(file)
    if (!open(file, name, [name])) open(folder, basename(folder), [name, basename(folder)])
  }

  return {
    async changed(signal) {
      establish()
      if (dirty || signal.aborted) {
        dirty = false
        return
      }
      const ended = new AbortController()
      const stop = () => ended.abort()
      signal.addEventListener('abort', stop)
      wake = stop
      await clock.sleep(watcher ? lookWhileWatchingMs : lookMs, ended.signal)
      wake = () => undefined
      signal.removeEventListener('abort', stop)
      dirty = false
    },
    renew: close,
    [Symbol.dispose]: close,
  }
}
