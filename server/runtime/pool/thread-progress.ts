import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '#server/contract/clock.ts'
import type { TaskId } from '#server/contract/connector.ts'
import { lookEveryMs, type Unfinished } from '#server/core/stall.ts'
import type { TaskEvidence } from '#server/runtime/plugin-host.ts'
import type { TaskProgress } from '#server/runtime/task/task-progress.ts'

/** What one attempt at a task has begun and not finished. */
export interface WatchedTask {
  task: TaskId
  progress: TaskProgress
  intervalMs: number
  /** Whether it still counts; what was cancelled may go on hanging here, and is nobody's business then. */
  current(): boolean
}

/** Looks at the tasks of a thread now and then and tells what they have not finished: a sign of life of the thread, too. */
export interface ThreadProgress {
  /** Returns what ends it. An interval of 0 asks for no look. */
  watch(watched: WatchedTask): () => void
  close(): void
}

export function createThreadProgress(options: {
  tell(tasks: TaskEvidence[]): void
  /** Takes resolved secrets out of a text that leaves the thread (S-09). */
  clean(text: string): string
  clock: Clock
}): ThreadProgress {
  const closing = new AbortController()
  const watched = new Set<WatchedTask>()
  let looking = false
  let rest = new AbortController()

  function look() {
    for (const one of watched) if (!one.current()) watched.delete(one)
    const tasks = [...watched]
    for (const { progress, intervalMs } of tasks) progress.askAfter(intervalMs)
    const at = options.clock.monotonic()
    options.tell(tasks.map(({ task, progress }) => ({ task, unfinished: progress.unfinished().map(cleaned), at })))
  }

  const cleaned = (unfinished: Unfinished): Unfinished =>
    unfinished.reason === undefined ? unfinished : { ...unfinished, reason: options.clean(unfinished.reason) }

  /** Nothing ticks on a thread without tasks. */
  async function keepLooking() {
    if (looking) return
    looking = true
    while (watched.size > 0 && !closing.signal.aborted) {
      const shortest = Math.min(...[...watched].map(({ intervalMs }) => intervalMs))
      rest = new AbortController()
      await options.clock.sleep(lookEveryMs(shortest), AbortSignal.any([rest.signal, closing.signal]))
      // One that came meanwhile may have to be looked at more often.
      if (rest.signal.aborted) continue
      // Whatever came meanwhile to a thread that was held up is taken in first.
      await nextTurn()
      if (watched.size > 0 && !closing.signal.aborted) look()
    }
    looking = false
  }

  return {
    watch(own) {
      if (own.intervalMs <= 0) return () => undefined
      watched.add(own)
      rest.abort()
      void keepLooking()
      return () => void watched.delete(own)
    },
    close: () => closing.abort(),
  }
}
