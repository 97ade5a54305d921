import type { PartitionLog } from '#server/broker/log/partition-log.ts'
import type { Clock } from '#server/contract/clock.ts'

/** Resolves with the first record written to one of the logs, after `waitMs`, or when `signal` aborts. */
export async function waitForAppend(
  logs: readonly PartitionLog[],
  waitMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const woken = new AbortController()
  const wake = () => woken.abort()
  const stops = logs.map((log) => log.onAppend(wake))
  signal.addEventListener('abort', wake)
  await clock.sleep(waitMs, woken.signal)
  signal.removeEventListener('abort', wake)
  for (const stop of stops) stop()
}
