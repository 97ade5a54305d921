import type { Clock } from '#server/contract/clock.ts'

const askEveryMs = 500

/**
 * Asks somebody again and again whether he is there, until the signal aborts, and says each time when he was silent for
 * too long. A question that hangs delays nothing: what counts is the time of the last answer.
 */
export async function watchTouch(options: {
  clock: Pick<Clock, 'now' | 'sleep'>
  signal: AbortSignal
  ask(): Promise<boolean>
  /** When he was last there, in ms since the epoch. */
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
      if (!signal.aborted && (await options.ask())) since = clock.now()
    }
  }

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(Math.max(1, outOfTouchAt(since) - clock.now()), signal)
      if (signal.aborted || clock.now() < outOfTouchAt(since)) continue
      await options.onOutOfTouch()
      since = clock.now()
    }
  }

  void askOnAndOn()
  await watch()
}
