import type { ConfigKeyInfo } from '#server/contract/config-field.ts'

/** A connector's config as the config topic holds it: flat, raw, placeholders unresolved. A null survives from JSON. */
export type ConnectorConfig = Record<string, string | null>

export type ConnectorType = 'source' | 'sink' | 'unknown'

export const pluginTypes = ['source', 'sink', 'converter', 'header_converter', 'transformation', 'predicate'] as const
export type PluginType = (typeof pluginTypes)[number]

/** What a connector or task is doing, in Kafka Connect's words (`AbstractStatus.State`). */
export const instanceStates = ['UNASSIGNED', 'RUNNING', 'PAUSED', 'STOPPED', 'FAILED', 'RESTARTING'] as const
export type InstanceState = (typeof instanceStates)[number]

/** What a person asked of a connector (`TargetState`): STARTED also undoes PAUSED and STOPPED. */
export const targetStates = ['STARTED', 'PAUSED', 'STOPPED'] as const
export type TargetState = (typeof targetStates)[number]

export interface TaskId {
  connector: string
  task: number
}

/** `orders-sink-0`; a connector name may itself end in a number, so the task stands after the last dash. */
export const taskName = (id: TaskId): string => `${id.connector}-${id.task}`

export interface ConnectorInfo {
  name: string
  config: ConnectorConfig
  tasks: TaskId[]
  type: ConnectorType
}

/** One connector's or task's state. `workerId` is `host:port`; `trace` only where something failed. */
export interface InstanceStatus {
  state: InstanceState
  workerId: string
  version?: string
  trace?: string
}

export interface TaskStatus extends InstanceStatus {
  id: number
}

export interface ConnectorStatus {
  name: string
  connector: InstanceStatus
  tasks: TaskStatus[]
  type: ConnectorType
}

/** A connector as lists show it; the status is null until there is one, right after the creation. */
export interface ExpandedConnector {
  name: string
  info: ConnectorInfo
  status: ConnectorStatus | null
}

export interface TaskInfo {
  id: TaskId
  config: ConnectorConfig
}

/** One source partition or topic partition with its offset; null means "no offset". */
export interface ConnectorOffset {
  partition: Record<string, unknown>
  offset: Record<string, unknown> | null
}

/** How far a sink has come in a partition that it reads. */
export interface PartitionLag {
  topic: string
  partition: number
  /** The next record that its group reads; null before the first commit. */
  committed: number | null
  end: number
  /** Records between the two; before the first commit all that there are. */
  lag: number
}

/** How far a sink lags behind all its topics together, in records. */
export interface SinkLag {
  connector: string
  lag: number
}

/** What a person wants an offset to be; the partition may be missing where a plugin has words for that. */
export interface OffsetChange {
  partition: Record<string, unknown> | null
  offset: Record<string, unknown> | null
}

export interface PluginInfo {
  class: string
  type: PluginType
  version?: string
}

/** A package on `plugin.path`: the classes of its plugins, or why it cannot be used. */
export interface PluginPackage {
  name: string
  version: string
  folder: string
  plugins: string[]
  problem?: string
}

/** One key of a validate answer: what may be set, and what was made of the given value (`ConfigInfo`). */
export interface ConfigInfo {
  definition: ConfigKeyInfo | null
  value: {
    name: string
    value: string | null
    recommendedValues: string[]
    errors: string[]
    visible: boolean
  }
}

/** Something to look at in a config that is no error. */
export interface ConfigWarning {
  key: string
  message: string
  /** The key that was probably meant, or takes its place. */
  meant: string | null
}

export interface ConfigInfos {
  name: string
  errorCount: number
  groups: string[]
  configs: ConfigInfo[]
  /** Sluice's own; never part of Kafka Connect's answer. */
  warnings?: ConfigWarning[]
}

export interface ServerInfo {
  version: string
  commit: string
  kafkaClusterId: string
}

export interface Health {
  status: 'starting' | 'healthy' | 'unhealthy'
  message: string
}

export const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LoggerLevel {
  level: string
  lastModified: number | null
}

/** What is logged of a connector for a while, by every worker. */
export interface ConnectorLogLevel {
  level: string
  /** Milliseconds since the epoch; from then on the levels of loggers count again. */
  until: number
}

/** A log line about a connector, as a worker remembers it. `id` grows by one a line within a worker's life. */
export interface LogLine {
  id: number
  at: number
  level: LogLevel
  worker: string
  connector?: string
  task?: number
  logger: string
  message: string
  trace?: string
  code?: string
}

/** What becomes of a connector (without `task`) or task that failed, where its policy restarts it by itself. */
export interface Recovery {
  connector: string
  task?: number
  worker: string
  /** The restart that is due next, or was the last one; counts from 1, of `attempts` in a row. */
  attempt: number
  attempts: number
  /** Milliseconds since the epoch; null when no restart is due. */
  restartAt: number | null
  /** Why none is due: a restart would fail in the same way, or enough of them did not help. */
  stays: 'fatal' | 'spent' | null
}

/** A connector (without `task`) or task that is to run and shows no progress. */
export interface StalledInstance {
  connector: string
  task?: number
  worker: string
  /**
   * What it does not come back from. Of tasks: `resolve` (of placeholders in its config), `start`, `poll`, `convert`, `send`,
   * `open`, `put`, `flush`, `commit`, `close`, `stop`, or `run` when the thread hangs; of connectors: `resolve`, `start`,
   * `taskConfigs`, `stop`.
   */
  stage: string
  /** Milliseconds since the epoch. */
  since: number
  reason: string
  /** How long it may take. */
  intervalMs: number
}

/** A connector that is to run and has no tasks, so that nothing is moved. */
export interface TasklessConnector {
  connector: string
  worker: string
  /** `none-made`: it was asked and made none, which may be meant. `failing`: its tasks cannot be made; it is asked again. */
  why: 'none-made' | 'failing'
  /** Milliseconds since the epoch. */
  since: number
  reason: string
}

/** How much a task has moved since it runs on its worker. */
export interface TaskThroughput extends TaskId {
  /** Records: of a source those that Kafka acknowledged, of a sink those that it was given. */
  records: number
}

/** What is done by itself about a connector. Durations are milliseconds. */
export interface ConnectorPolicies {
  /** When what failed is restarted; null: it is left to a person. */
  restart: { attempts: number; firstDelayMs: number; mostDelayMs: number; healthyMs: number } | null
  /** After how long without progress a task is stalled; 0 never. */
  stallIntervalMs: number
}

/** What one worker of the group runs, as the leader assigned it. Task -1 never appears: connectors stand apart. */
export interface WorkerView {
  id: string
  url: string
  leader: boolean
  connectors: string[]
  tasks: TaskId[]
}

/** A worker that a person asked to be emptied, until it is put back. */
export interface Drain {
  worker: string
  /** Milliseconds since the epoch. */
  askedAt: number
  /**
   * `waiting`: it keeps what it has, for what `waitsFor` says. `absent`: it is not in the group now, and will be given
   * nothing when it comes back.
   */
  state: 'draining' | 'drained' | 'waiting' | 'absent'
  /** Connectors and tasks that it still runs. */
  left: number
  /** `worker`: nobody else is there to take its work. `leader`: a JVM worker shares out the work, which knows no drains. */
  waitsFor: 'worker' | 'leader' | null
}

export interface ClusterView {
  /** `leader`: as the leader assigned it. `statuses`: as the workers say it, because the leader is a JVM worker. */
  source: 'leader' | 'statuses'
  groupId: string
  generation: number
  protocol: string
  workers: WorkerView[]
  drains: Drain[]
  /** Milliseconds since the epoch of the last completed rebalance, and what caused it, as the leader knows it. */
  lastRebalance: { at: number; tookMs: number; moved: number; reason: string } | null
  /** Milliseconds left of a scheduled rebalance delay; 0 when none is pending. */
  delayMs: number
}
