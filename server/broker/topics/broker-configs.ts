import type { BrokerLimits } from '#server/broker/broker-state.ts'
import { configSource, configTypes } from '#server/broker/topics/describe-configs.ts'
import { topicConfigs } from '#server/broker/topics/topic-configs.ts'

/** The broker's own settings under Kafka's keys; they are set at start and read only. */
export function brokerConfigs(limits: BrokerLimits, nodeId: number, topicDefaults: Readonly<Record<string, string>>) {
  const own: [string, keyof typeof configTypes, string | number | boolean][] = [
    ['auto.create.topics.enable', 'BOOLEAN', limits.autoCreateTopics],
    ['broker.id', 'INT', nodeId],
    ['default.replication.factor', 'INT', 1],
    ['delete.topic.enable', 'BOOLEAN', true],
    ['group.initial.rebalance.delay.ms', 'INT', limits.initialRebalanceDelayMs],
    ['group.max.session.timeout.ms', 'INT', limits.maxSessionTimeoutMs],
    ['group.min.session.timeout.ms', 'INT', limits.minSessionTimeoutMs],
    ['log.cleaner.backoff.ms', 'LONG', limits.cleanerBackoffMs],
    ['max.connections', 'INT', limits.maxConnections],
    ['max.incremental.fetch.session.cache.slots', 'INT', limits.maxFetchSessions],
    ['node.id', 'INT', nodeId],
    ['num.partitions', 'INT', limits.defaultPartitions],
    ['offset.metadata.max.bytes', 'INT', limits.maxOffsetMetadataBytes],
    ['offsets.retention.check.interval.ms', 'LONG', limits.offsetsRetentionCheckIntervalMs],
    ['offsets.retention.minutes', 'INT', limits.offsetsRetentionMinutes],
    ['offsets.topic.num.partitions', 'INT', 1],
    ['offsets.topic.replication.factor', 'SHORT', 1],
    ['socket.request.max.bytes', 'INT', limits.maxRequestBytes],
    ['transaction.max.timeout.ms', 'INT', limits.maxTransactionTimeoutMs],
    ['transactional.id.expiration.ms', 'INT', limits.transactionalIdExpirationMs],
  ]
  const ofTopics = Object.entries(topicConfigs).flatMap(([name, { brokerKey, type, default: value }]) =>
    brokerKey === null ? [] : [[brokerKey, type, topicDefaults[name] ?? value] as const],
  )
  return [...own, ...ofTopics].map(([name, type, value]) => ({
    name,
    value: String(value),
    readOnly: true,
    configSource: configSource.default,
    isSensitive: false,
    configType: configTypes[type],
    synonyms: [{ name, value: String(value), source: configSource.default }],
  }))
}
