import type { ConfigKeyInfo } from '#server/contract/config-field.ts'
import type {
  ClusterView,
  ConfigInfos,
  ConnectorLogLevel,
  ConnectorPolicies,
  ConnectorStatus,
  Drain,
  InstanceStatus,
  LoggerLevel,
  Recovery,
  ServerInfo,
  StalledInstance,
  TaskStatus,
} from '#server/contract/connector.ts'

const writeServerInfo = (info: ServerInfo) => ({
  version: info.version,
  commit: info.commit,
  kafka_cluster_id: info.kafkaClusterId,
})

/**
 * The one place where our words meet Kafka Connect's JSON: each type of the contract whose names differ, both ways.
 * Types that are the same on both sides (`ConnectorInfo`, `TaskInfo`, `PluginInfo`, `Health`, offsets) pass as they are.
 */
export const serverInfo = {
  write: writeServerInfo,
  read: (json: ReturnType<typeof writeServerInfo>): ServerInfo => ({
    version: json.version,
    commit: json.commit,
    kafkaClusterId: json.kafka_cluster_id,
  }),
}

interface StatusJson {
  state: InstanceStatus['state']
  worker_id: string
  version?: string
  trace?: string
}

const instanceStatus = {
  write: (status: InstanceStatus): StatusJson => ({
    state: status.state,
    worker_id: status.workerId,
    ...(status.version !== undefined && { version: status.version }),
    ...(status.trace && { trace: status.trace }),
  }),
  read: (json: StatusJson): InstanceStatus => ({
    state: json.state,
    workerId: json.worker_id,
    ...(json.version && { version: json.version }),
    ...(json.trace && { trace: json.trace }),
  }),
}

export const taskStatus = {
  write: (status: TaskStatus) => ({ id: status.id, ...instanceStatus.write(status) }),
  read: (json: StatusJson & { id: number }): TaskStatus => ({ id: json.id, ...instanceStatus.read(json) }),
}

const writeConnectorStatus = (status: ConnectorStatus) => ({
  name: status.name,
  connector: instanceStatus.write(status.connector),
  tasks: status.tasks.map(taskStatus.write),
  type: status.type,
})

export const connectorStatus = {
  write: writeConnectorStatus,
  read: (json: ReturnType<typeof writeConnectorStatus>): ConnectorStatus => ({
    name: json.name,
    connector: instanceStatus.read(json.connector),
    tasks: json.tasks.map(taskStatus.read),
    type: json.type,
  }),
}

const writeConfigKey = (key: ConfigKeyInfo) => ({
  name: key.name,
  type: key.type,
  required: key.required,
  default_value: key.defaultValue,
  importance: key.importance,
  documentation: key.documentation,
  group: key.group,
  order_in_group: key.orderInGroup,
  width: key.width,
  display_name: key.displayName,
  dependents: key.dependents,
})

export const configKey = {
  write: writeConfigKey,
  read: (json: ReturnType<typeof writeConfigKey>): ConfigKeyInfo => ({
    name: json.name,
    type: json.type,
    required: json.required,
    defaultValue: json.default_value,
    importance: json.importance,
    documentation: json.documentation,
    group: json.group,
    orderInGroup: json.order_in_group,
    width: json.width,
    displayName: json.display_name,
    dependents: json.dependents,
  }),
}

const writeConfigInfos = (infos: ConfigInfos) => ({
  name: infos.name,
  error_count: infos.errorCount,
  groups: infos.groups,
  configs: infos.configs.map(({ definition, value }) => ({
    definition: definition && configKey.write(definition),
    value: {
      name: value.name,
      value: value.value,
      recommended_values: value.recommendedValues,
      errors: value.errors,
      visible: value.visible,
    },
  })),
})

export const configInfos = {
  write: writeConfigInfos,
  /** With what only Sluice says. */
  writeWithWarnings: (infos: ConfigInfos) => ({ ...writeConfigInfos(infos), warnings: infos.warnings ?? [] }),
  read: (json: ReturnType<typeof writeConfigInfos> & Pick<ConfigInfos, 'warnings'>): ConfigInfos => ({
    ...(json.warnings && { warnings: json.warnings }),
    name: json.name,
    errorCount: json.error_count,
    groups: json.groups,
    configs: json.configs.map(({ definition, value }) => ({
      definition: definition && configKey.read(definition),
      value: {
        name: value.name,
        value: value.value,
        recommendedValues: value.recommended_values,
        errors: value.errors,
        visible: value.visible,
      },
    })),
  }),
}

const writeLoggerLevel = (level: LoggerLevel) => ({ level: level.level, last_modified: level.lastModified })

export const loggerLevel = {
  write: writeLoggerLevel,
  read: (json: ReturnType<typeof writeLoggerLevel>): LoggerLevel => ({
    level: json.level,
    lastModified: json.last_modified,
  }),
}

const writeDrain = ({ askedAt, waitsFor, ...rest }: Drain) => ({ ...rest, asked_at: askedAt, waits_for: waitsFor })

export const drain = {
  write: writeDrain,
  read: ({ asked_at: askedAt, waits_for: waitsFor, ...rest }: ReturnType<typeof writeDrain>): Drain => ({
    ...rest,
    askedAt,
    waitsFor,
  }),
}

const writeClusterView = (view: ClusterView) => ({
  source: view.source,
  group_id: view.groupId,
  generation: view.generation,
  protocol: view.protocol,
  workers: view.workers,
  drains: view.drains.map(drain.write),
  last_rebalance: view.lastRebalance && {
    at: view.lastRebalance.at,
    took_ms: view.lastRebalance.tookMs,
    moved: view.lastRebalance.moved,
    reason: view.lastRebalance.reason,
  },
  delay_ms: view.delayMs,
})

/** What the group knows; `GET /sluice/v1/cluster` says Sluice's own version beside it. */
export const clusterView = {
  write: writeClusterView,
  read: (json: ReturnType<typeof writeClusterView>): ClusterView => ({
    source: json.source,
    groupId: json.group_id,
    generation: json.generation,
    protocol: json.protocol,
    workers: json.workers,
    // A worker from before there were drains tells of none.
    drains: (json.drains ?? []).map(drain.read),
    lastRebalance: json.last_rebalance && {
      at: json.last_rebalance.at,
      tookMs: json.last_rebalance.took_ms,
      moved: json.last_rebalance.moved,
      reason: json.last_rebalance.reason,
    },
    delayMs: json.delay_ms,
  }),
}

const writeRecovery = ({ restartAt, ...rest }: Recovery) => ({ ...rest, restart_at: restartAt })

export const recovery = {
  write: writeRecovery,
  read: ({ restart_at: restartAt, ...rest }: ReturnType<typeof writeRecovery>): Recovery => ({ ...rest, restartAt }),
}

const writeStall = ({ intervalMs, ...rest }: StalledInstance) => ({ ...rest, interval_ms: intervalMs })

export const stall = {
  write: writeStall,
  read: ({ interval_ms: intervalMs, ...rest }: ReturnType<typeof writeStall>): StalledInstance => ({
    ...rest,
    intervalMs,
  }),
}

const writePolicies = ({ restart, stallIntervalMs }: ConnectorPolicies) => ({
  restart: restart && {
    attempts: restart.attempts,
    backoff_ms: restart.firstDelayMs,
    backoff_max_ms: restart.mostDelayMs,
    reset_ms: restart.healthyMs,
  },
  stall: { interval_ms: stallIntervalMs },
})

export const policies = {
  write: writePolicies,
  read: ({ restart, stall: { interval_ms } }: ReturnType<typeof writePolicies>): ConnectorPolicies => ({
    restart: restart && {
      attempts: restart.attempts,
      firstDelayMs: restart.backoff_ms,
      mostDelayMs: restart.backoff_max_ms,
      healthyMs: restart.reset_ms,
    },
    stallIntervalMs: interval_ms,
  }),
}

/** Nulls where nothing was set, so that the answer is always an object. */
export const connectorLogLevel = {
  write: (set: ConnectorLogLevel | null) => ({ level: set?.level ?? null, until: set?.until ?? null }),
  read: ({ level, until }: { level: string | null; until: number | null }): ConnectorLogLevel | null =>
    level === null || until === null ? null : { level, until },
}

/** `name → value` without a prototype, each value mapped. */
export function mapValues<From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> {
  const mapped: Record<string, To> = Object.create(null)
  for (const [key, value] of Object.entries(record)) mapped[key] = map(value)
  return mapped
}
