/** Time and chance come in through the door: production passes `systemClock`, a test holds the other end. */
export interface Clock {
  /** Milliseconds since the epoch, for what people and other processes are told. It may jump either way. */
  now(): number
  /**
   * Whole milliseconds that only grow, one a millisecond, whatever becomes of the time of day: for every deadline, timeout and
   * measurement. It counts from a moment that is nobody's business and is the same for all threads of a process.
   */
  monotonic(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A number in [0, 1). */
  random(): number
}

/** The longest that one timer of Node can wait, about 25 days; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic() {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1_000 + Math.floor(nanoseconds / 1e6)
  },
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      let leftMs = ms
      let timer: NodeJS.Timeout
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const wait = () => {
        const stepMs = Math.min(leftMs, longestTimerMs)
        leftMs -= stepMs
        timer = setTimeout(leftMs > 0 ? wait : done, stepMs)
      }
      signal?.addEventListener('abort', done)
      wait()
    }),
  random: () => Math.random(),
}
