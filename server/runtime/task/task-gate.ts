import type { TargetState } from '#server/contract/connector.ts'

/** What a task's loop asks between two steps: go on, pause, or end. */
export interface TaskGate {
  /** Aborts when the task has to end, and for each pause, so that a waiting `poll` returns. */
  signal(): AbortSignal
  /** Aborts when the task has to end, paused or not. */
  readonly end: AbortSignal
  readonly stopping: boolean
  readonly cancelled: boolean
  readonly paused: boolean
  /** Resolves when the target is no longer PAUSED, or the task has to end. */
  resumed(): Promise<void>
  setTarget(target: TargetState): void
  stop(): void
  cancel(): void
}

export function createTaskGate(initial: TargetState): TaskGate {
  let paused = initial === 'PAUSED'
  let stopping = false
  let cancelled = false
  let interrupt = new AbortController()
  const end = new AbortController()
  const waiters = new Set<() => void>()

  function wake() {
    interrupt.abort()
    for (const waiter of [...waiters]) waiter()
  }

  return {
    signal() {
      if (interrupt.signal.aborted && !stopping && !paused) interrupt = new AbortController()
      return interrupt.signal
    },
    end: end.signal,
    get stopping() {
      return stopping
    },
    get cancelled() {
      return cancelled
    },
    get paused() {
      return paused && !stopping
    },
    resumed() {
      if (!paused || stopping) return Promise.resolve()
      return new Promise((resolve) => {
        const waiter = () => {
          if (paused && !stopping) return
          waiters.delete(waiter)
          resolve()
        }
        waiters.add(waiter)
      })
    },
    setTarget(target) {
      paused = target === 'PAUSED'
      wake()
    },
    stop() {
      stopping = true
      end.abort()
      wake()
    },
    cancel() {
      cancelled = true
      stopping = true
      end.abort()
      wake()
    },
  }
}
