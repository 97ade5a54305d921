import type { Clock } from '#server/contract/clock.ts'

const askEveryMs = 500

/**
 * Asks somebody again and again whether he is there, until the signal aborts, and says each time when he was silent for
 * too long. A question that hangs delays nothing: what counts is the time of the last answer.
 */
export async function watchTouch(options: {
  clock: Pick<Clock, 'monotonic' | 'sleep'>
  signal: AbortSignal
  ask(): Promise<boolean>
  /** When he was last there, by the monotonic clock. */
  since: number
  /** When silence since that time is too long. */
  outOfTouchAt(since: number): number
  onOutOfTouch(): Promise<void>
}): Promise<void> {
  const { clock, signal, outOfTouchAt } = options
  let { since } = options

  async function askOnAndOn(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(askEveryMs, signal)
      if (!signal.aborted && (await options.ask())) since = clock.monotonic()
    }
  }

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(Math.max(1, outOfTouchAt(since) - clock.monotonic()), signal)
      if (signal.aborted || clock.monotonic() < outOfTouchAt(since)) continue
      await options.onOutOfTouch()
      since = clock.monotonic()
    }
  }

  void askOnAndOn()
  await watch()
}
