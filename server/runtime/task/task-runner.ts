import type { TargetState } from '#server/contract/connector.ts'

/** One running task, of either kind. */
export interface TaskRunner {
  /**
   * Resolves when the task was stopped; rejects with what made it fail, unless it was cancelled. Nothing more is handed to
   * Kafka after either.
   */
  run(): Promise<void>
  setTarget(target: TargetState): void
  /** Asks for a clean end: what was taken is sent, acknowledged and committed first. */
  stop(): void
  /** I7: ends without another write, no commit and no record (Kafka: a task past its graceful timeout). */
  cancel(): void
}

export interface TaskRunnerEvents {
  state(state: 'RUNNING' | 'PAUSED'): void
  /** A topic is used by this task (KIP-558); called often. */
  topic(topic: string): void
  /** Records that a sink's `put` cannot take were left out; `places` names the first of them. */
  leftOut?(count: number, reason: string, places: readonly string[]): void
}

/** Runs a plugin's hook and keeps its stage known meanwhile, so that a thread stuck in it can be told from outside. */
export type During = <Result>(stage: string, hook: () => PromiseLike<Result> | Result) => Promise<Result>
