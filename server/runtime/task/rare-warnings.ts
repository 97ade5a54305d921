import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'

/** Warns of what goes wrong again and again: at once, and then once a minute for as long as it goes on. Each kind by itself. */
export type RareWarnings = (kind: string, message: string, error: unknown) => void

const everyMs = 60_000

/** The kinds are remembered: they are to be few. */
export function createRareWarnings({
  clock,
  logger,
}: {
  clock: Pick<Clock, 'monotonic'>
  logger: Pick<Logger, 'warn'>
}): RareWarnings {
  const toldAt = new Map<string, number>()

  return (kind, message, error) => {
    const now = clock.monotonic()
    if (now - (toldAt.get(kind) ?? Number.NEGATIVE_INFINITY) < everyMs) return
    toldAt.set(kind, now)
    logger.warn(message, { error })
  }
}
