import type { LogConfig } from '#server/broker/log/log-config.ts'
import { compressionLevels } from '#server/protocol/compression.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** What a value of a key may be; the names are those of Kafka's ConfigDef. */
export type ConfigType = 'BOOLEAN' | 'STRING' | 'INT' | 'LONG' | 'DOUBLE' | 'LIST'

export interface TopicConfigDef {
  type: ConfigType
  default: string
  /** The broker's key that sets the default (DescribeConfigs names it as a synonym). */
  brokerKey: string | null
  oneOf?: readonly string[]
  min?: number
  max?: number
  /** One more value, outside the range. */
  or?: number
}

const int = (brokerKey: string, value: string, min = 0): TopicConfigDef => ({
  type: 'INT',
  default: value,
  brokerKey,
  min,
  max: 2147483647,
})
const long = (brokerKey: string, value: string, min = 0): TopicConfigDef => ({
  type: 'LONG',
  default: value,
  brokerKey,
  min,
  max: Number.MAX_SAFE_INTEGER,
})
const maxLong = '9223372036854775807'

/** The keys of a topic with Kafka's defaults (org.apache.kafka.storage.internals.log.LogConfig). */
export const topicConfigs: Readonly<Record<string, TopicConfigDef>> = Object.assign(Object.create(null), {
  'cleanup.policy': { type: 'LIST', default: 'delete', brokerKey: 'log.cleanup.policy', oneOf: ['compact', 'delete'] },
  'compression.type': {
    type: 'STRING',
    default: 'producer',
    brokerKey: 'compression.type',
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
  },
  ...Object.fromEntries(
    Object.entries(compressionLevels).map(([type, { default: level, ...range }]) => {
      const key = `compression.${type}.level`
      return [key, { type: 'INT', default: `${level}`, brokerKey: key, ...range }]
    }),
  ),
  'delete.retention.ms': long('log.cleaner.delete.retention.ms', '86400000'),
  'file.delete.delay.ms': long('log.segment.delete.delay.ms', '60000'),
  'flush.messages': long('log.flush.interval.messages', maxLong, 1),
  'flush.ms': long('log.flush.interval.ms', maxLong),
  'follower.replication.throttled.replicas': { type: 'LIST', default: '', brokerKey: null },
  'index.interval.bytes': int('log.index.interval.bytes', '4096'),
  'leader.replication.throttled.replicas': { type: 'LIST', default: '', brokerKey: null },
  'max.compaction.lag.ms': long('log.cleaner.max.compaction.lag.ms', maxLong, 1),
  'max.message.bytes': int('message.max.bytes', '1048588'),
  'message.timestamp.after.max.ms': long('log.message.timestamp.after.max.ms', '3600000'),
  'message.timestamp.before.max.ms': long('log.message.timestamp.before.max.ms', maxLong),
  'message.timestamp.type': {
    type: 'STRING',
    default: 'CreateTime',
    brokerKey: 'log.message.timestamp.type',
    oneOf: ['CreateTime', 'LogAppendTime'],
  },
  'min.cleanable.dirty.ratio': {
    type: 'DOUBLE',
    default: '0.5',
    brokerKey: 'log.cleaner.min.cleanable.ratio',
    min: 0,
    max: 1,
  },
  'min.compaction.lag.ms': long('log.cleaner.min.compaction.lag.ms', '0'),
  'min.insync.replicas': int('min.insync.replicas', '1', 1),
  preallocate: { type: 'BOOLEAN', default: 'false', brokerKey: 'log.preallocate' },
  'retention.bytes': long('log.retention.bytes', '-1', -1),
  'retention.ms': long('log.retention.ms', '604800000', -1),
  'segment.bytes': int('log.segment.bytes', '1073741824', 1024 * 1024),
  'segment.index.bytes': int('log.index.size.max.bytes', '10485760', 4),
  'segment.jitter.ms': long('log.roll.jitter.ms', '0'),
  'segment.ms': long('log.roll.ms', '604800000', 1),
  'unclean.leader.election.enable': { type: 'BOOLEAN', default: 'false', brokerKey: 'unclean.leader.election.enable' },
} satisfies Record<string, TopicConfigDef>)

/** Throws INVALID_CONFIG in Kafka's words when a topic cannot have the value. */
export function checkTopicConfig(name: string, value: string): void {
  const def = topicConfigs[name]
  if (!def) throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}`)
  const invalid = (why: string) =>
    new KafkaError('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}: ${why}`)
  if (def.type === 'BOOLEAN' && !/^(true|false)$/i.test(value.trim())) {
    throw invalid('Expected value to be either true or false')
  }
  if (def.oneOf) {
    const parts = def.type === 'LIST' ? listOf(value) : [value]
    const wrong = parts.find((part) => !def.oneOf?.includes(part))
    if (wrong !== undefined) throw invalid(`String must be one of: ${def.oneOf.join(', ')}`)
  }
  if (def.type !== 'INT' && def.type !== 'LONG' && def.type !== 'DOUBLE') return
  const pattern = def.type === 'DOUBLE' ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/
  if (!pattern.test(value.trim())) throw invalid(`Not a number of type ${def.type}`)
  const number = Number(value)
  if (def.or !== undefined) {
    const fits = number === def.or || (number >= (def.min ?? number) && number <= (def.max ?? number))
    if (!fits) throw invalid(`Value must be between ${def.min} and ${def.max} or equal to ${def.or}`)
    return
  }
  if (number < (def.min ?? number)) throw invalid(`Value must be at least ${def.min}`)
  if (number > (def.max ?? number) && value !== maxLong) throw invalid(`Value must be no more than ${def.max}`)
}

const listOf = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/**
 * Values of topic keys that take the place of Kafka's defaults, from settings of the broker under their own keys
 * (`log.retention.ms` for `retention.ms`). Throws INVALID_CONFIG.
 */
export function topicDefaultsOf(brokerSettings: Readonly<Record<string, string>>): Record<string, string> {
  const defaults: Record<string, string> = Object.create(null)
  for (const [name, { brokerKey }] of Object.entries(topicConfigs)) {
    const value = brokerKey === null ? undefined : brokerSettings[brokerKey]
    if (value === undefined) continue
    checkTopicConfig(name, value)
    defaults[name] = value
  }
  return defaults
}

const compressionOfTopic = (type: string) => (type === 'uncompressed' ? 'none' : type) as LogConfig['compression']

/** The settings that a log acts on, from a topic's own values over the defaults. */
export function logConfigOf(own: Readonly<Record<string, string>>): LogConfig {
  const text = (key: string) => own[key] ?? topicConfigs[key]?.default ?? ''
  const number = (key: string) => (text(key) === maxLong ? Number.POSITIVE_INFINITY : Number(text(key)))
  const policies = listOf(text('cleanup.policy'))
  const compression = compressionOfTopic(text('compression.type'))
  return {
    compact: policies.includes('compact'),
    delete: policies.includes('delete'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    maxMessageBytes: number('max.message.bytes'),
    compression,
    compressionLevel: compression in compressionLevels ? number(`compression.${compression}.level`) : undefined,
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    logAppendTime: text('message.timestamp.type') === 'LogAppendTime',
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
  }
}
