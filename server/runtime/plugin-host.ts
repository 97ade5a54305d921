import type { FieldCheck, Fields } from '#server/contract/config-field.ts'
import type { ConnectionTest } from '#server/contract/connection-test.ts'
import type {
  ConfigInfos,
  ConnectorConfig,
  ConnectorOffset,
  LogLine,
  OffsetChange,
  PluginPackage,
  PluginType,
  TargetState,
  TaskId,
} from '#server/contract/connector.ts'
import type { CatalogEntry } from '#server/contract/herder.ts'
import type { Preview, PreviewRequest } from '#server/contract/preview.ts'
import type { Evidence, Unfinished } from '#server/core/stall.ts'
import type { WorkerFacts } from '#server/core/validate-connector.ts'
import type { Threshold } from '#server/observe/log-levels.ts'
import type { Measurements } from '#server/observe/task-recorder.ts'

/**
 * Plugin code as the coordination thread sees it: definitions in JSON, and calls that are answered by a pool thread.
 * The main thread never runs a connector, task, converter, transform or `validate` itself.
 */
export interface PluginHost extends AsyncDisposable {
  /** Every plugin that a pool thread found, known once the host is ready. */
  definitions(): readonly PluginDefinition[]
  /** The packages on `plugin.path`, usable or not. */
  packages(): readonly PluginPackage[]
  /** The bytes of records that are under way in all tasks, and how many may be. */
  recordMemory(): { held: number; budget: number }
  /**
   * The whole validate answer, the plugin's own `validate` hook included. Placeholders are resolved for it, and nothing that
   * came from a config provider is in the answer. Throws BAD_REQUEST for a class that is unknown.
   */
  validate(config: ConnectorConfig, worker: WorkerFacts): Promise<ConfigInfos>
  /** What a config makes of some records, without writing; on a thread of its own, since plugins read and convert for it. */
  preview(request: PreviewRequest): Promise<Preview>
  /** Whether a config could work, step by step; on the same thread. */
  testConnection(config: ConnectorConfig): Promise<ConnectionTest>

  /**
   * Starts the connector instance (Kafka: `WorkerConnector`), or only creates it when the target is PAUSED or STOPPED.
   * Rejects when `start` throws.
   */
  startConnector(start: {
    name: string
    config: Record<string, string>
    target: TargetState
    generation: number
  }): Promise<void>
  /** Resolves with how it ended: `stop` returned, or the instance was abandoned after `timeoutMs`. */
  stopConnector(name: string, timeoutMs: number): Promise<'stopped' | 'abandoned'>
  setConnectorTarget(name: string, target: TargetState): Promise<void>
  /** Asks the instance for the configs of at most `tasks.max` tasks; the framework's keys are added by the caller. */
  taskConfigs(name: string): Promise<MadeTaskConfigs>

  /** Resolves when the task's thread took it; its way to RUNNING or FAILED is told by events. */
  startTask(start: TaskStart): Promise<void>
  /** Drains, commits and stops; resolves with how it ended. After `timeoutMs` the task is cancelled and writes nothing more. */
  stopTask(id: TaskId, timeoutMs: number): Promise<'stopped' | 'cancelled'>
  setTaskTarget(id: TaskId, target: TargetState): Promise<void>

  /**
   * Takes the transactional ids of tasks 0 to `tasks` - 1, so that their producers are refused from now on (Kafka:
   * `Worker.fenceZombies`). Rejects when one could not be taken.
   */
  fenceTasks(connector: string, config: Record<string, string>, tasks: number): Promise<void>
  /** What is in the offsets topic that the connector has for itself; undefined: it has none. */
  ownOffsets(connector: string, config: Record<string, string>): Promise<ConnectorOffset[] | undefined>
  /**
   * Stores offsets where the connector's tasks store theirs, and as they do; a null takes one back. Under exactly-once
   * nothing of the tasks may run.
   */
  storeOffsets(connector: string, config: Record<string, string>, offsets: readonly ConnectorOffset[]): Promise<void>

  /** The connector's `alterOffsets` hook; false when the plugin leaves it to the framework. */
  alterOffsets(pluginClass: string, config: Record<string, string>, offsets: OffsetChange[]): Promise<boolean>

  /** Nobody remembers any more that the connector used the topic: its tasks tell it again when they use it again. */
  forgetTopic(connector: string, topic: string): void

  /** Sets the level of a logger, and of those whose names begin with its name, on every thread, also on later ones. */
  setLogLevel(logger: string, level: Threshold): void
  /** The same for lines about one connector, whichever logger writes them; null: what the loggers say. */
  setConnectorLogLevel(connector: string, level: Threshold | null): void
}

export interface PluginDefinition {
  class: string
  /** Simple name and the name without its kind's suffix: `FileStreamSourceConnector`, `FileStreamSource`. */
  aliases: readonly string[]
  type: PluginType
  version: string
  fields: Fields
  /** Whether the plugin has a `validate` hook of its own. */
  validates: boolean
  /** The class name of its tasks, for `task.class`; connectors only. */
  taskClass?: string
  /** What a source says of exactly-once (KIP-618); connectors only. */
  exactlyOnce?: 'SUPPORTED' | 'UNSUPPORTED'
  /** Keys checked against the whole config as data, such as "one of a and b". */
  crossChecks?: readonly FieldCheck[]
  card?: CatalogEntry
  /** What a transform or predicate does, in one sentence. */
  summary?: string
}

/** What a connector made of itself; placeholders stand in the configs as in its own. */
export interface MadeTaskConfigs {
  configs: Record<string, string>[]
  /** `tasks.max` and `tasks.max.enforce` of the resolved config. */
  max: number
  enforced: boolean
}

export interface TaskStart {
  id: TaskId
  /** Config of the connector, framework keys included; placeholders are resolved on the thread that runs the task. */
  connectorConfig: Record<string, string>
  /** Config of this task. */
  taskConfig: Record<string, string>
  target: TargetState
  /** Position of the commit that made the task configs; those of one position are the same. */
  tasksVersion: number
  /** The group generation, for log lines. */
  generation: number
}

/** What pool threads tell the coordination thread. Handlers return at once. */
export interface PluginHostEvents {
  /**
   * `RUNNING` after start or resume, `PAUSED` after pause, `FAILED` with a trace; `RESTARTING` with a trace when the thread
   * was lost under it and it is started again without being asked.
   */
  connectorState(name: string, state: 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'RESTARTING', trace?: string): void
  taskState(id: TaskId, state: 'RUNNING' | 'PAUSED' | 'FAILED' | 'RESTARTING', trace?: string): void
  /** The connector wants its tasks configured anew (`requestTaskReconfiguration`). */
  reconfigure(name: string): void
  /** Values that a config provider gave to this instance have changed or come to their end: it is to start again. */
  configStale(instance: { connector: string } | { task: TaskId }): void
  /** A task used a topic for the first time, or for the first time since `forgetTopic` (KIP-558). */
  activeTopic(id: TaskId, topic: string): void
  /** Records that a sink cannot put were left out; `places` names the first of them. */
  recordsLeftOut(id: TaskId, count: number, reason: string, places: readonly string[]): void
  /** What tasks have measured since the last time. */
  measured(tasks: readonly TaskMeasurements[]): void
  /** Everything that a connector has begun and not finished, told whenever that changes. */
  connectorProgress(name: string, unfinished: readonly Unfinished[]): void
  /** What tasks have not finished, told several times an interval; it stays out while their thread answers nothing. */
  progress(tasks: readonly TaskEvidence[]): void
  log(line: Omit<LogLine, 'id' | 'worker'>): void
}

export interface TaskEvidence extends Evidence {
  task: TaskId
}

export interface TaskMeasurements {
  task: TaskId
  measurements: Measurements
}

/** The offsets of all source connectors, as tasks reach them through the coordination thread. */
export interface WorkerOffsets {
  /** No topic keeps offsets (standalone): tasks hand all of theirs over. */
  readonly keepsAll: boolean
  /** Reads to the end first, then answers the stored offset of each source partition (null when none). */
  read(connector: string, partitions: Record<string, unknown>[]): Promise<(Record<string, unknown> | null)[]>
  /** Resolves when they are durable. */
  write(connector: string, offsets: readonly ConnectorOffset[]): Promise<void>
}

/** Kept for callers that pass raw configs on: nulls removed, as Kafka Connect hands configs to plugins. */
export function withoutNulls(config: ConnectorConfig): Record<string, string> {
  return Object.fromEntries(Object.entries(config).filter((entry): entry is [string, string] => entry[1] !== null))
}
