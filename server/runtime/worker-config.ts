import { readAssignmentStrategies } from '#server/contract/assignment-strategies.ts'
import type { ConfigOf, Fields } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { type OverridePolicy, type OverrideRules, overridePolicies } from '#server/core/connector-keys-overrides.ts'
import type { SegmentLimits } from '#server/core/event-segments.ts'
import { type ExactlyOnceSupport, exactlyOnceSupportOf } from '#server/core/exactly-once.ts'
import { harmlessOverrides } from '#server/core/harmless-overrides.ts'
import type { RestartPolicy } from '#server/core/restart-policy.ts'
import type { SampleWindows } from '#server/observe/metric-samples.ts'
import type { DiscoveryMode } from '#server/runtime/plugin-path/discovery.ts'
import { checkSigning, keyBytesOf } from '#server/runtime/signing-algorithms.ts'
import { offsetTopicFields, type sharedFields, standaloneFields, workerFields } from '#server/runtime/worker-fields.ts'

/** An internal topic as the worker creates it when it is missing. */
export interface InternalTopic {
  name: string
  /** -1: the default of the brokers. */
  partitions: number
  replicationFactor: number
  /** Topic settings beyond compaction. */
  settings: Readonly<Record<string, string>>
}

export const connectProtocols = ['eager', 'compatible', 'sessioned'] as const
export type ConnectProtocolName = (typeof connectProtocols)[number]

/** The settings of any worker, read once. Durations are milliseconds. */
export interface SharedConfig {
  /** Every setting as it was given, for converters and clients that read their own. */
  properties: Readonly<Record<string, string>>
  bootstrapServers: readonly string[]
  /** The group of workers; null for a standalone worker. */
  groupId: string | null
  /** The stem of client names: `group.id`, or `standalone`, with `client.id` when there is one. */
  clientIdStem: string
  converters: { 'key.converter': string; 'value.converter': string; 'header.converter': string }
  taskStopTimeoutMs: number
  offsetFlushIntervalMs: number
  offsetFlushTimeoutMs: number
  topicTracking: { enabled: boolean; resettable: boolean }
  /** Whether sources write with transactions; never without a group. */
  exactlyOnce: ExactlyOnceSupport
  overrides: OverrideRules
  /** What happens to what failed, unless a connector says otherwise. */
  restart: { enabled: boolean; policy: RestartPolicy }
  /** How long a task may show no progress, unless its connector says otherwise; 0: for ever. */
  stallIntervalMs: number
  metricWindows: SampleWindows
  discovery: DiscoveryMode
  /** 0: one a core, at least two. */
  threads: number
  /** What records under way may take, in bytes; 0: what the machine allows. */
  recordBytes: number
  dataDir: string
  /** How much of what happened is kept: in the events topic when a worker creates it, else on each worker's disk. */
  eventLimits: SegmentLimits
  logLevel: string
}

/** The settings of a distributed worker. */
export interface WorkerConfig extends SharedConfig {
  groupId: string
  configTopic: InternalTopic
  offsetTopic: InternalTopic
  statusTopic: InternalTopic
  /** Null: the timeline and the logs of connectors are kept by each worker alone. */
  eventsTopic: InternalTopic | null
  group: {
    sessionTimeoutMs: number
    heartbeatIntervalMs: number
    rebalanceTimeoutMs: number
    syncTimeoutMs: number
    unsyncBackOffMs: number
    protocol: ConnectProtocolName
    /** What was set; null for our adaptive delay. */
    maxRebalanceDelayMs: number | null
  }
  signing: { keyAlgorithm: string; keyBytes: number; keyTtlMs: number; algorithm: string }
}

/** The settings of a standalone worker. */
export interface StandaloneConfig extends SharedConfig {
  groupId: null
  /** `offset.storage.file.filename`. */
  offsetFile: string
}

/** Types the properties of a distributed worker. Throws SETTING_INVALID in Kafka's words for the first wrong one. */
export function readWorkerConfig(properties: Readonly<Record<string, string>>): WorkerConfig {
  const is = parsed(workerFields, properties)
  const keyAlgorithm = is['inter.worker.key.generation.algorithm']
  checkSigning(is)
  checkHeartbeat(is['heartbeat.interval.ms'], is['session.timeout.ms'])
  return {
    ...sharedConfig(properties, is, is['group.id']),
    groupId: is['group.id'],
    exactlyOnce: exactlyOnceSupportOf(properties),
    configTopic: internalTopic('config', properties, is, 1),
    offsetTopic: internalTopic('offset', properties, is, is['offset.storage.partitions']),
    statusTopic: internalTopic('status', properties, is, is['status.storage.partitions']),
    eventsTopic: eventsTopic(properties, is),
    group: {
      sessionTimeoutMs: is['session.timeout.ms'],
      heartbeatIntervalMs: is['heartbeat.interval.ms'],
      rebalanceTimeoutMs: is['rebalance.timeout.ms'],
      syncTimeoutMs: is['worker.sync.timeout.ms'],
      unsyncBackOffMs: is['worker.unsync.backoff.ms'],
      protocol: is['connect.protocol'] as ConnectProtocolName,
      maxRebalanceDelayMs: is['scheduled.rebalance.max.delay.ms'],
    },
    signing: {
      keyAlgorithm,
      keyBytes: keyBytesOf(keyAlgorithm, is['inter.worker.key.size']),
      keyTtlMs: is['inter.worker.key.ttl.ms'],
      algorithm: is['inter.worker.signature.algorithm'],
    },
  }
}

/** The same for a standalone worker; keys of a group mean nothing to it. */
export function readStandaloneConfig(properties: Readonly<Record<string, string>>): StandaloneConfig {
  const is = parsed(standaloneFields, properties)
  return {
    ...sharedConfig(properties, is, 'standalone'),
    groupId: null,
    exactlyOnce: 'disabled',
    offsetFile: is['offset.storage.file.filename'],
  }
}

/** The offsets topic of one connector, as it is made where it is missing: like the worker's own, but for its name. */
export function offsetTopicOf(properties: Readonly<Record<string, string>>, name: string): InternalTopic {
  const is = parsed(offsetTopicFields, properties)
  return { ...internalTopic('offset', properties, is, is['offset.storage.partitions']), name }
}

function parsed<F extends Fields>(fields: F, properties: Readonly<Record<string, string>>): ConfigOf<F> {
  const result = parseConfig(fields, { ...properties })
  if (result.ok) return result.value
  throw new ConnectError('SETTING_INVALID', result.problems[0]?.message ?? '', { problems: result.problems })
}

function sharedConfig(
  properties: Readonly<Record<string, string>>,
  is: ConfigOf<typeof sharedFields>,
  name: string,
): Omit<SharedConfig, 'groupId' | 'exactlyOnce'> {
  checkStrategies(properties['consumer.partition.assignment.strategy'])
  return {
    properties,
    bootstrapServers: is['bootstrap.servers'],
    clientIdStem: is['client.id'] === '' ? name : `${name}-${is['client.id']}`,
    converters: {
      'key.converter': is['key.converter'],
      'value.converter': is['value.converter'],
      'header.converter': is['header.converter'],
    },
    taskStopTimeoutMs: is['task.shutdown.graceful.timeout.ms'],
    offsetFlushIntervalMs: is['offset.flush.interval.ms'],
    offsetFlushTimeoutMs: is['offset.flush.timeout.ms'],
    topicTracking: { enabled: is['topic.tracking.enable'], resettable: is['topic.tracking.allow.reset'] },
    overrides: overridesOf(properties, is),
    metricWindows: { windowMs: is['metrics.sample.window.ms'], samples: is['metrics.num.samples'] },
    discovery: is['plugin.discovery'].toLowerCase() as DiscoveryMode,
    threads: is['sluice.threads'],
    recordBytes: is['sluice.record.memory.bytes'],
    stallIntervalMs: is['sluice.stall.interval.ms'],
    dataDir: is['sluice.data.dir'],
    eventLimits: { bytes: is['sluice.events.retention.bytes'], ageMs: is['sluice.events.retention.ms'] },
    logLevel: is['sluice.log.level'].toUpperCase(),
    restart: {
      enabled:
        (is['sluice.restart.policy'] ?? (properties['sluice.profile'] === 'safe' ? 'on-failure' : 'never')) ===
        'on-failure',
      policy: {
        attempts: is['sluice.restart.max.attempts'],
        firstDelayMs: is['sluice.restart.backoff.ms'],
        mostDelayMs: is['sluice.restart.backoff.max.ms'],
        healthyMs: is['sluice.restart.reset.ms'],
      },
    },
  }
}

type TopicKind = 'config' | 'offset' | 'status'

function internalTopic<Kind extends TopicKind>(
  kind: Kind,
  properties: Readonly<Record<string, string>>,
  is: { [K in `${Kind}.storage.topic`]: string } & { [K in `${Kind}.storage.replication.factor`]: number },
  partitions: number,
): InternalTopic {
  const prefix = `${kind}.storage.`
  const ownKeys = new Set(['topic', 'replication.factor', 'partitions', 'cleanup.policy'])
  const settings = Object.entries(properties)
    .filter(([key]) => key.startsWith(prefix) && !ownKeys.has(key.slice(prefix.length)))
    .map(([key, value]) => [key.slice(prefix.length), value] as const)
  return {
    name: is[`${kind}.storage.topic`],
    partitions,
    replicationFactor: is[`${kind}.storage.replication.factor`],
    settings: Object.fromEntries(settings),
  }
}

/** The finest pieces in which a log forgets: the least that Kafka allows. */
const leastSegmentBytes = 1_048_576
const dayMs = 86_400_000

/** Everything that happened has one order, so it has one partition; old entries go by age and by size. */
function eventsTopic(
  properties: Readonly<Record<string, string>>,
  is: ConfigOf<typeof workerFields>,
): InternalTopic | null {
  if (!(is['sluice.events.enabled'] ?? properties['sluice.profile'] === 'safe')) return null
  const bytes = is['sluice.events.retention.bytes']
  const ms = is['sluice.events.retention.ms']
  return {
    name: is['sluice.events.topic'] ?? `${is['group.id']}-sluice-events`,
    partitions: 1,
    replicationFactor: is['status.storage.replication.factor'],
    settings: {
      'cleanup.policy': 'delete',
      'retention.ms': String(ms),
      'retention.bytes': String(bytes),
      'segment.bytes': String(Math.max(leastSegmentBytes, Math.floor(bytes / 8))),
      'segment.ms': String(Math.min(ms, dayMs)),
    },
  }
}

/** S-03: without a word about it, the safe profile lets connectors override what is harmless. */
function overridesOf(
  properties: Readonly<Record<string, string>>,
  is: { [K in typeof policyKey]: string } & { [K in typeof allowlistKey]: readonly string[] },
): OverrideRules {
  const unsaid = properties[policyKey] === undefined && properties['sluice.profile'] === 'safe'
  const policy = unsaid ? 'Allowlist' : policyOf(is[policyKey])
  const listed = properties[allowlistKey] !== undefined
  return { policy, allowlist: unsaid && !listed ? harmlessOverrides : is[allowlistKey] }
}

const policyKey = 'connector.client.config.override.policy'
const allowlistKey = 'connector.client.config.override.allowlist'

function policyOf(text: string): OverridePolicy {
  const found = overridePolicies.find((policy) => policy === text)
  if (found) return found
  throw invalid(text, policyKey, `String must be one of: ${overridePolicies.join(', ')}`)
}

/** The coordinator would expel a worker that is asked less often than its session lasts. */
function checkHeartbeat(heartbeatMs: number, sessionMs: number): void {
  if (heartbeatMs < sessionMs) return
  throw invalid(String(heartbeatMs), 'heartbeat.interval.ms', `it must be lower than session.timeout.ms (${sessionMs})`)
}

/** What no sink could use is found when the worker starts, not with its first sink. */
function checkStrategies(text: string | undefined): void {
  const read = text === undefined ? undefined : readAssignmentStrategies(text)
  if (read?.ok === false) throw new ConnectError('SETTING_INVALID', read.problem)
}

const invalid = (value: string, key: string, why: string) =>
  new ConnectError('SETTING_INVALID', `Invalid value ${value} for configuration ${key}: ${why}`)
