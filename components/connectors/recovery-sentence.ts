import type { Recovery } from '#server/contract/connector.ts'
import { duration } from '#server/contract/duration.ts'

/** What becomes of something that failed: "Task 0 starts again in 12 s (attempt 3 of 10)." */
export function recoverySentence({ task, attempt, attempts, restartAt, stays }: Recovery, now: number): string {
  const who = task === undefined ? 'The connector' : `Task ${task}`
  if (restartAt !== null) {
    const when = restartAt > now ? `in ${duration(restartAt - now)}` : 'now'
    return `${who} starts again ${when} (attempt ${attempt} of ${attempts}).`
  }
  return stays === 'spent'
    ? `${who} was restarted ${attempts} times without success and waits for you.`
    : `${who} is not restarted by itself: it would fail in the same way.`
}
