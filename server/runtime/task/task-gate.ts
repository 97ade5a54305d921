import type { TargetState } from '#server/contract/connector.ts'

/** What a task's loop asks between two steps: go on, pause, or end. */
export interface TaskGate {
  /**
   * Aborts with the next change (a pause, a resume, a `wake`), and for good when the task has to end. Who waits looks at
   * the gate first and asks for the signal in the same turn, so that no change is missed.
   */
  signal(): AbortSignal
  /** Aborts when the task has to end, in whatever way. */
  readonly ending: AbortSignal
  /** Aborts when the task has to end without another write. */
  readonly cancellation: AbortSignal
  readonly stopping: boolean
  readonly cancelled: boolean
  readonly paused: boolean
  /** Resolves when the target is no longer PAUSED, or the task has to end. */
  resumed(): Promise<void>
  setTarget(target: TargetState): void
  /** Ends whatever waits on `signal()`. */
  wake(): void
  stop(): void
  cancel(): void
}

export function createTaskGate(initial: TargetState): TaskGate {
  let paused = initial === 'PAUSED'
  let interrupt = new AbortController()
  const ending = new AbortController()
  const cancellation = new AbortController()

  function signal(): AbortSignal {
    if (interrupt.signal.aborted && !ending.signal.aborted) interrupt = new AbortController()
    return interrupt.signal
  }

  function stop() {
    ending.abort()
    interrupt.abort()
  }

  return {
    signal,
    ending: ending.signal,
    cancellation: cancellation.signal,
    get stopping() {
      return ending.signal.aborted
    },
    get cancelled() {
      return cancellation.signal.aborted
    },
    get paused() {
      return paused && !ending.signal.aborted
    },
    async resumed() {
      while (paused && !ending.signal.aborted) {
        const changed = signal()
        await new Promise((resolve) => changed.addEventListener('abort', resolve, { once: true }))
      }
    },
    setTarget(target) {
      paused = target === 'PAUSED'
      interrupt.abort()
    },
    wake: () => interrupt.abort(),
    stop,
    cancel() {
      cancellation.abort()
      stop()
    },
  }
}
