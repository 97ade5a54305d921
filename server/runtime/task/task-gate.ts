import type { TargetState } from '#server/contract/connector.ts'

/** What a task's loop asks between two steps: go on, pause, or end. */
export interface TaskGate {
  /**
   * Aborts with the next change (a pause, a resume, a `wake`), and for good when the task has to end. Who waits looks at
   * the gate first and asks for the signal in the same turn, so that no change is missed.
   */
  signal(): AbortSignal
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
  let stopping = false
  let interrupt = new AbortController()
  const cancellation = new AbortController()

  function signal(): AbortSignal {
    if (interrupt.signal.aborted && !stopping) interrupt = new AbortController()
    return interrupt.signal
  }

  function stop() {
    stopping = true
    interrupt.abort()
  }

  return {
    signal,
    cancellation: cancellation.signal,
    get stopping() {
      return stopping
    },
    get cancelled() {
      return cancellation.signal.aborted
    },
    get paused() {
      return paused && !stopping
    },
    async resumed() {
      while (paused && !stopping) {
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
