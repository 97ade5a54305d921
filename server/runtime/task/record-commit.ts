import type { RecordMetric } from '#server/observe/task-recorder.ts'

/** One attempt of a task to commit offsets, for the shares of those that succeed and fail. */
export function recordCommit(record: RecordMetric, succeeded: boolean, tookMs: number): void {
  if (succeeded) record('offset-commit-time-ms', tookMs)
  record('offset-commit-success', succeeded ? 1 : 0)
  record('offset-commit-failure', succeeded ? 0 : 1)
}
