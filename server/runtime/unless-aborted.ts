import type { Clock } from '#server/contract/clock.ts'

/**
 * Settles as `work` does, or rejects with the signal's reason when that aborts first. What does not listen to its signal is left
 * alone: nobody waits for it, and what becomes of it is no news.
 */
export async function unlessAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    const over = () => signal.removeEventListener('abort', giveUp)
    work().then(resolve, reject).finally(over)
  })
}

/** A signal that aborts when so many milliseconds have passed before it is disposed of; its reason says who has not answered. */
export function lateAfter(clock: Pick<Clock, 'sleep'>, ms: number, who: string): { signal: AbortSignal } & Disposable {
  const late = new AbortController()
  const over = new AbortController()
  void clock.sleep(ms, over.signal).then(() => {
    if (!over.signal.aborted) late.abort(new Error(`${who} has not answered within ${ms / 1_000} s`))
  })
  return { signal: late.signal, [Symbol.dispose]: () => over.abort() }
}
