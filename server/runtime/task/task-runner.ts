import type { TargetState } from '#server/contract/connector.ts'

/** One running task, of either kind. */
export interface TaskRunner {
  /** Resolves when the task was stopped; rejects with what made it fail. Nothing is written after either. */
  run(): Promise<void>
  setTarget(target: TargetState): void
  /** Asks for a clean end: what was taken is sent, acknowledged and committed first. */
  stop(): void
  /** Ends without another write: no commit, no record (Kafka: a task past its graceful timeout). */
  cancel(): void
  /** What it is busy with, for whoever waits for it. */
  stage(): string
}

export interface TaskRunnerEvents {
  state(state: 'RUNNING' | 'PAUSED'): void
  /** A topic was used for the first time by this task (KIP-558). */
  topic(topic: string): void
}
