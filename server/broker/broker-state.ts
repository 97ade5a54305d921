import type { GroupCoordinator } from '#server/broker/groups/group-coordinator.ts'
import type { Topics } from '#server/broker/topics/topics.ts'
import type { TransactionCoordinator } from '#server/broker/transactions/transaction-coordinator.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'

/** Settings that requests are answered by; the names are those of Kafka's broker keys. */
export interface BrokerLimits {
  /** `auto.create.topics.enable` */
  autoCreateTopics: boolean
  /** `num.partitions` */
  defaultPartitions: number
  /** `socket.request.max.bytes` */
  maxRequestBytes: number
  /** `max.connections` */
  maxConnections: number
  /** `max.incremental.fetch.session.cache.slots` */
  maxFetchSessions: number
  /** Partitions of all topics together. */
  maxPartitions: number
  /** `group.initial.rebalance.delay.ms` */
  initialRebalanceDelayMs: number
  /** `group.min.session.timeout.ms` */
  minSessionTimeoutMs: number
  /** `group.max.session.timeout.ms` */
  maxSessionTimeoutMs: number
  /** `offset.metadata.max.bytes` */
  maxOffsetMetadataBytes: number
  /** `offsets.retention.minutes` */
  offsetsRetentionMinutes: number
  /** `offsets.retention.check.interval.ms` */
  offsetsRetentionCheckIntervalMs: number
  /** `transaction.max.timeout.ms` */
  maxTransactionTimeoutMs: number
  /** `transactional.id.expiration.ms` */
  transactionalIdExpirationMs: number
  /** `log.cleaner.backoff.ms`: how often logs are looked at for what is to be deleted or compacted. */
  cleanerBackoffMs: number
  /** Memory for the newest batches of all logs. */
  tailCacheBytes: number
}

/** What the handlers share. */
export interface BrokerState {
  readonly nodeId: number
  /** Where everything is kept. */
  readonly directory: string
  /** Where clients are told to connect. */
  readonly address: { host: string; port: number }
  readonly topics: Topics
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly producerIds: { next(): number }
  readonly limits: BrokerLimits
  readonly clock: Clock
  readonly logger: Logger
}
