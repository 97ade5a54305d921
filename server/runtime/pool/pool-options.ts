import type { Clock } from '#server/contract/clock.ts'
import type { TaskId } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { PluginHostEvents, WorkerOffsets } from '#server/runtime/plugin-host.ts'

export interface PluginPoolOptions {
  /** The module that a thread runs: `server/bin/pool-thread.mjs`, named by whoever may know it. */
  entry: URL
  /** Threads for tasks; one more, without tasks, runs connectors and `validate`. Default: one per core, at least two. */
  threads?: number
  /**
   * The worker's properties as Kafka Connect spells them: `bootstrap.servers`, `group.id`, `offset.storage.topic`,
   * `offset.flush.*`, default converters, and everything under `producer.` and `consumer.`.
   */
  worker: Readonly<Record<string, string>>
  /** Values in them that came from config providers: threads keep them out of every text. */
  secrets?: readonly string[]
  offsets: WorkerOffsets
  /** Rejects unless these are the newest task configs, as the config topic has them now, and the task is this worker's. */
  ensureCurrent(task: TaskId, tasksVersion: number): Promise<void>
  events: PluginHostEvents
  clock: Clock
  logger: Logger
  /** A thread that answers nothing for this long is replaced. */
  watchdogMs?: number
  /** A package on `plugin.path` that takes longer to load is left out. */
  loadWithinMs?: number
  /** Aborts when nobody waits any more for the pool to open. */
  signal?: AbortSignal
  /** What cost a thread is kept apart for this long the first time. */
  firstQuarantineMs?: number
  /** What records under way may take in all tasks together; 0, or without it, a quarter of the machine's memory. */
  recordBytes?: number
  /** The thread of the connectors ends when it has had nothing to do for this long. */
  restAfterMs?: number
}
