import { byTopic, type TopicPartition, type TopicPartitionOffset } from '#server/kafka/admin.ts'
import { withRetries } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { ProducerIdentity } from '#server/kafka/idempotence.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** 2 where the broker bumps the epoch with every transaction and adds partitions by itself (KIP-890), else 1. */
export type TransactionLevel = 1 | 2

/** The member of a group on whose behalf offsets are sent, so that a zombie's are refused (KIP-447). */
export interface OffsetsMember {
  generation: number
  memberId: string
  groupInstanceId?: string
}

/** The requests of one transactional id. Each tries again what may succeed later, then rejects with KafkaError. */
export interface TransactionRequests {
  level(): Promise<TransactionLevel>
  /** Without an identity of ours whoever has the id is fenced; with one, only if it is still ours (KIP-360). */
  init(ours: ProducerIdentity | undefined): Promise<ProducerIdentity>
  /** Level 1 only: the broker must know of a partition before the first batch. */
  addPartitions(identity: ProducerIdentity, partitions: readonly TopicPartition[]): Promise<void>
  sendOffsets(
    identity: ProducerIdentity,
    level: TransactionLevel,
    offsets: { groupId: string; offsets: readonly TopicPartitionOffset[]; member?: OffsetsMember },
  ): Promise<void>
  /**
   * The same outcome is asked for until it is known. `interrupted` tells that one of the requests may still arrive late.
   * Rejects with REQUEST_TIMED_OUT when the outcome is not known within the time.
   */
  end(identity: ProducerIdentity, committed: boolean): Promise<{ identity: ProducerIdentity; interrupted: boolean }>
}

/** In higher versions partitions are added by brokers on behalf of producers. */
const addPartitionsVersion = 3
/** Higher ones say that the partition need not have been added (KIP-890). */
const levelOneOffsetsVersion = 4
const noMember: OffsetsMember = { generation: -1, memberId: '' }

export function createTransactionRequests(
  client: KafkaClient,
  options: { transactionalId: string; transactionTimeoutMs: number; withinMs: number },
): TransactionRequests {
  const { transactionalId, transactionTimeoutMs, withinMs } = options
  const coordinator = { coordinator: 'transaction', key: transactionalId } as const

  const onRetry = (why: Error, failures: number) =>
    client.retrying(`a request about the transactional id ${transactionalId}`, why, failures)

  function onCoordinator<Answer>(
    to: typeof coordinator | { coordinator: 'group'; key: string },
    attempt: () => Promise<Answer>,
  ) {
    return withRetries(client.clock, { withinMs, delayMs: client.retryDelayMs, onRetry }, async () => {
      try {
        return await attempt()
      } catch (error) {
        if (error instanceof KafkaError && error.retriable && error.errorName !== 'CONCURRENT_TRANSACTIONS') {
          client.invalidate(to)
        }
        throw error
      }
    })
  }

  const check = (errorCode: number) => {
    if (errorCode !== 0) throw KafkaError.of(errorCode, `transactional id ${transactionalId}`)
  }

  return {
    level: () =>
      onCoordinator(coordinator, async () => {
        const connection = await client.connection(coordinator)
        const newer = (connection.version('EndTxn') ?? 0) >= 5 && (connection.version('Produce') ?? 0) >= 12
        return newer && connection.feature('transaction.version') >= 2 ? 2 : 1
      }),
    init: (ours) =>
      onCoordinator(coordinator, async () => {
        const bump = ours && ((await client.connection(coordinator)).version('InitProducerId') ?? 0) >= 3
        const answer = await client.call(
          'InitProducerId',
          {
            transactionalId,
            transactionTimeoutMs,
            ...(bump ? { producerId: ours.producerId, producerEpoch: ours.epoch } : {}),
          },
          coordinator,
        )
        check(answer.errorCode)
        return { producerId: answer.producerId, epoch: answer.producerEpoch }
      }),
    addPartitions: ({ producerId, epoch }, partitions) =>
      onCoordinator(coordinator, async () => {
        const answer = await client.call(
          'AddPartitionsToTxn',
          {
            v3AndBelowTransactionalId: transactionalId,
            v3AndBelowProducerId: producerId,
            v3AndBelowProducerEpoch: epoch,
            v3AndBelowTopics: byTopic(partitions, ({ partition }) => partition),
          },
          coordinator,
          { maxVersion: addPartitionsVersion },
        )
        const codes = answer.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
          resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
        )
        // Those that were not tried because another one failed say OPERATION_NOT_ATTEMPTED.
        check(codes.find((code) => code !== 0 && code !== 55) ?? codes.find((code) => code !== 0) ?? 0)
      }),
    async sendOffsets({ producerId, epoch }, level, { groupId, offsets, member = noMember }) {
      if (level === 1) {
        await onCoordinator(coordinator, async () => {
          const request = { transactionalId, producerId, producerEpoch: epoch, groupId }
          check((await client.call('AddOffsetsToTxn', request, coordinator)).errorCode)
        })
      }
      const group = { coordinator: 'group', key: groupId } as const
      const topics = byTopic(offsets, ({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: '',
      }))
      await onCoordinator(group, async () => {
        const answer = await client.call(
          'TxnOffsetCommit',
          {
            transactionalId,
            groupId,
            producerId,
            producerEpoch: epoch,
            generationId: member.generation,
            memberId: member.memberId,
            groupInstanceId: member.groupInstanceId ?? null,
            topics,
          },
          group,
          level === 1 ? { maxVersion: levelOneOffsetsVersion } : {},
        )
        for (const { partitions } of answer.topics) for (const { errorCode } of partitions) check(errorCode)
      })
    },
    async end({ producerId, epoch }, committed) {
      let interrupted = false
      try {
        return await onCoordinator(coordinator, async () => {
          const request = { transactionalId, producerId, producerEpoch: epoch, committed }
          const answer = await client.call('EndTxn', request, coordinator).catch((error: unknown) => {
            interrupted = true
            throw error
          })
          check(answer.errorCode)
          // Before version 5 the answer names no identity.
          const next = answer.producerId >= 0 && answer.producerEpoch >= 0
          return {
            identity: next ? { producerId: answer.producerId, epoch: answer.producerEpoch } : { producerId, epoch },
            interrupted,
          }
        })
      } catch (error) {
        if (!(error instanceof KafkaError && error.retriable)) throw error
        const what = committed ? 'was committed' : 'was aborted'
        const detail = `whether the transaction of ${transactionalId} ${what} is not known`
        throw new KafkaError('REQUEST_TIMED_OUT', detail, { cause: error })
      }
    },
  }
}
