/** Time and chance come in through the door: production passes `systemClock`, a test holds the other end. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A number in [0, 1). */
  random(): number
}

/** The longest that one timer of Node can wait, about 25 days; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
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
