import type { Assignments, AssignmentsQuery } from '#server/contract/assignments.ts'
import type { ConfigKeyInfo } from '#server/contract/config-field.ts'
import type { ConnectionTest } from '#server/contract/connection-test.ts'
import type {
  ClusterView,
  ConfigInfos,
  ConnectorConfig,
  ConnectorInfo,
  ConnectorLogLevel,
  ConnectorOffset,
  ConnectorPolicies,
  ConnectorStatus,
  Drain,
  ExpandedConnector,
  Health,
  LoggerLevel,
  LogLevel,
  LogLine,
  OffsetChange,
  PluginInfo,
  PluginPackage,
  Recovery,
  ServerInfo,
  StalledInstance,
  TargetState,
  TaskId,
  TaskInfo,
  TasklessConnector,
  TaskStatus,
  TaskThroughput,
} from '#server/contract/connector.ts'
import type { EventEntry, EventFilter, EventPage, EventQuery } from '#server/contract/events.ts'
import type { Preview, PreviewRequest } from '#server/contract/preview.ts'

/**
 * Everything a person or a program may ask of a cluster. The doors (REST, and the console through `rest/client.ts`) speak
 * only to this; `runtime` implements it in process.
 *
 * A method that only the leader, or the owner of an instance, may carry out throws `ConnectError('NOT_LEADER')` with
 * `forwardUrl` elsewhere; the REST door follows it (Kafka: RequestTargetException, at most two hops), and waits there until
 * `forwardOver` aborts.
 */
export interface Herder {
  root(): Promise<ServerInfo>
  health(): Promise<Health>

  list(): Promise<string[]>
  /** Every connector with what `info` and `status` say of it, in no order. */
  listExpanded(): Promise<ExpandedConnector[]>
  info(connector: string): Promise<ConnectorInfo>
  config(connector: string): Promise<ConnectorConfig>
  status(connector: string): Promise<ConnectorStatus>
  create(request: { name: string; config: ConnectorConfig; initialState?: TargetState }): Promise<ConnectorInfo>
  putConfig(connector: string, config: ConnectorConfig): Promise<{ created: boolean; info: ConnectorInfo }>
  /** Merge patch: a null removes the key. */
  patchConfig(connector: string, patch: ConnectorConfig): Promise<ConnectorInfo>
  delete(connector: string): Promise<void>
  /** Pause (PAUSED) and resume (STARTED); `stop` is its own call because only the leader may do it. */
  setTargetState(connector: string, target: Exclude<TargetState, 'STOPPED'>): Promise<void>
  stop(connector: string): Promise<void>
  /** Restarts the connector instance alone on its owner; with a flag, the leader restarts the chosen instances. */
  restart(
    connector: string,
    options: { includeTasks: boolean; onlyFailed: boolean },
  ): Promise<ConnectorStatus | undefined>

  tasks(connector: string): Promise<TaskInfo[]>
  taskStatus(id: TaskId): Promise<TaskStatus>
  restartTask(id: TaskId): Promise<void>

  activeTopics(connector: string): Promise<string[]>
  resetActiveTopics(connector: string): Promise<void>

  offsets(connector: string): Promise<ConnectorOffset[]>
  /** Both return the sentence that the REST answer carries. */
  alterOffsets(connector: string, offsets: OffsetChange[]): Promise<string>
  resetOffsets(connector: string): Promise<string>

  plugins(connectorsOnly: boolean): Promise<PluginInfo[]>
  /** Of the newest version, or of the newest in a range such as `[1.0,2.0)` (KIP-891). */
  pluginConfig(plugin: string, version?: string): Promise<ConfigKeyInfo[]>
  validate(plugin: string, config: ConnectorConfig): Promise<ConfigInfos>
  /** Sluice's own: what a config makes of some records; nothing is written. Throws CONFIG_INVALID as `create` does. */
  preview(plugin: string, request: PreviewRequest): Promise<Preview>
  /** Sluice's own: whether a config could work, tried from this worker step by step. */
  testConnection(plugin: string, config: ConnectorConfig): Promise<ConnectionTest>

  loggers(): Promise<Record<string, LoggerLevel>>
  /** Returns the loggers that changed, sorted; with scope `cluster` nothing. */
  setLogLevel(logger: string, level: string, scope: 'worker' | 'cluster'): Promise<string[]>

  /**
   * Sluice's own: who runs what, as the leader knows it; with `statuses` as the workers said it of themselves, which any
   * worker can tell.
   */
  cluster(source?: 'statuses'): Promise<ClusterView>
  /** Sluice's own: the same, and the rebalances by which it came to be so. */
  assignments(query: AssignmentsQuery, source?: 'statuses'): Promise<Assignments>
  /**
   * Sluice's own: empties a worker piece by piece and gives it nothing until it is put back, through restarts too.
   * Answers when that is decided, not when it is done; asked again, how far it is. Throws WORKER_NOT_FOUND, or
   * NOWHERE_TO_DRAIN when no other worker takes work.
   */
  drain(worker: string): Promise<Drain>
  /** Sluice's own: lets a drained worker take work again. Throws DRAIN_NOT_FOUND. */
  undrain(worker: string): Promise<void>
  /** Sluice's own: what this worker remembers of a connector's log, oldest first. */
  logs(query: LogQuery): Promise<LogLine[]>
  /** Sluice's own: what happened in the group, and what its connectors and tasks logged; any worker answers for all. */
  events(query: EventQuery): Promise<EventPage>
  /** Sluice's own: what happens from now on, or after the entry with the id `after`; ends when the signal aborts. */
  followEvents(filter: EventFilter, after: string | undefined, signal: AbortSignal): AsyncIterable<EventEntry>
  /** Sluice's own: what this worker does about what failed on it. */
  recoveries(): Promise<Recovery[]>
  /** Sluice's own: the connectors and tasks of this worker that show no progress. */
  stalls(): Promise<StalledInstance[]>
  /** Sluice's own: the connectors of this worker that run and have no tasks. */
  taskless(): Promise<TasklessConnector[]>
  /** Sluice's own: how much each task of this worker has moved; a second's difference is its rate. */
  throughput(): Promise<TaskThroughput[]>
  /** Sluice's own: what is logged of a connector for now; null: what its loggers say. */
  connectorLogLevel(connector: string): Promise<ConnectorLogLevel | null>
  /** Sluice's own: sets that on every worker, for a while; null: back to what the loggers say. Answers what counts now. */
  setConnectorLogLevel(
    connector: string,
    set: { level: string; forSeconds: number } | null,
  ): Promise<ConnectorLogLevel | null>
  /** Sluice's own: what is done by itself about a connector. */
  policies(connector: string): Promise<ConnectorPolicies>
  /** Sluice's own: the packages on this worker's `plugin.path`. */
  pluginPackages(): Promise<PluginPackage[]>
  /** Sluice's own: what a plugin says of itself beyond Kafka Connect's answer, for the catalog. */
  catalog(): Promise<CatalogEntry[]>
  /** Sluice's own: the transforms and predicates that a config can name, with what each does. */
  recordPlugins(): Promise<RecordPluginEntry[]>
}

export interface LogQuery {
  connector?: string
  task?: number
  /** This level and worse. */
  level?: LogLevel
  /** Only lines with a larger id. */
  after?: number
  /** At most this many of the newest. */
  limit: number
}

/** A card of the catalog. */
export interface CatalogEntry {
  class: string
  type: 'source' | 'sink'
  version: string
  title: string
  summary: string
  /** A short word for the system it talks to: `file`, `demo`, `postgres`. */
  system: string
  /** A config that works as it stands, for "start from the example". */
  example: Record<string, string>
}

/** A transform or predicate to choose from. */
export interface RecordPluginEntry {
  class: string
  type: 'transformation' | 'predicate'
  version: string
  /** One sentence; empty where nobody tells. */
  summary: string
}

/** What only other workers may ask; the REST door checks the signature before it asks. */
export interface InternalHerder {
  /** Kafka: POST /connectors/{c}/tasks. */
  acceptTaskConfigs(connector: string, tasks: ConnectorConfig[]): Promise<void>
  /** Kafka: PUT /connectors/{c}/fence. */
  fenceZombies(connector: string): Promise<void>
  /** The key that signs internal requests; undefined until it was read, null when the group's protocol signs nothing. */
  sessionKey(): { key: Uint8Array; algorithm: string } | null | undefined
}
