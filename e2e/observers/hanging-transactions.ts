import type { TopicPartition } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { ResponseOf } from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** A transaction that is open in a partition and will stay so: readers of committed records get no further than its first offset. */
export interface HangingTransaction extends TopicPartition {
  producerId: number
  producerEpoch: number
  firstOffset: number
}

/** States from which a coordinator will still end a transaction. */
const underWay = ['Ongoing', 'PrepareCommit', 'PrepareAbort']

/**
 * Transactions that are open in a partition although their coordinator knows nothing of it (`kafka-transactions.sh find-hanging`).
 * Of a Kafka of one broker, and when all should be calm: markers that are on their way look the same.
 */
export async function findHanging(client: KafkaClient): Promise<HangingTransaction[]> {
  const known = await client.metadata()
  const asked = known.map(({ name, partitions }) => ({ name, partitionIndexes: partitions.map((_, n) => n) }))
  const { topics } = await client.call('DescribeProducers', { topics: asked }, 'any')
  const listed = await client.call('ListTransactions', { stateFilters: underWay }, 'any')
  if (listed.errorCode !== 0) throw KafkaError.of(listed.errorCode, 'transactions')
  const transactionalIds = listed.transactionStates.map(({ transactionalId }) => transactionalId)
  const { transactionStates } = await client.call('DescribeTransactions', { transactionalIds }, 'any')
  return hangingOf(topics, transactionStates)
}

/** The same of what the broker says of producers in its partitions, and its coordinators of their transactions. */
export function hangingOf(
  topics: ResponseOf<'DescribeProducers'>['topics'],
  transactions: ResponseOf<'DescribeTransactions'>['transactionStates'],
): HangingTransaction[] {
  const placeOf = (producerId: number, topic: string, partition: number) => `${producerId} ${topic}-${partition}`
  const willEnd = new Set(
    transactions
      .filter(({ transactionState }) => underWay.includes(transactionState))
      .flatMap(({ producerId, topics: own }) =>
        own.flatMap(({ topic, partitions }) => partitions.map((partition) => placeOf(producerId, topic, partition))),
      ),
  )
  return topics.flatMap(({ name: topic, partitions }) =>
    partitions.flatMap(({ partitionIndex: partition, activeProducers }) =>
      activeProducers
        .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0)
        .filter(({ producerId }) => !willEnd.has(placeOf(producerId, topic, partition)))
        .map(({ producerId, producerEpoch, currentTxnStartOffset }) => ({
          ...{ topic, partition, producerId, producerEpoch },
          firstOffset: currentTxnStartOffset,
        })),
    ),
  )
}
