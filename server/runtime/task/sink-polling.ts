import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import type { SinkConsumer } from '#server/kafka/sink-consumer.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import type { RareWarnings } from '#server/runtime/task/rare-warnings.ts'
import { partitionKey, type SinkOffsets } from '#server/runtime/task/sink-offsets.ts'
import type { SinkRequests } from '#server/runtime/task/sink-requests.ts'
import type { TaskProgress } from '#server/runtime/task/task-progress.ts'
import type { TopicPartition } from '#server/sdk/records.ts'

/** How a sink task comes by its records: from where it sought, and from no partition that is paused. */
export interface SinkPolling {
  /** What has arrived within `patienceMs`; nothing when the signal aborts or Kafka cannot be reached for the moment. */
  poll(signal: AbortSignal, patienceMs: number): Promise<FetchedPartition[]>
  /** While held, no partition brings anything, and the task stays a member of its group. */
  hold(held: boolean): void
  /** Ends a waiting poll, which then brings nothing: something is to be carried out before the next record. */
  interrupt(): void
}

export function createSinkPolling(options: {
  consumer: SinkConsumer
  requests: SinkRequests
  offsets: SinkOffsets
  progress: Pick<TaskProgress, 'failing' | 'recovered'>
  warn: RareWarnings
  clock: Clock
  logger: Logger
}): SinkPolling {
  const { consumer, requests, offsets, progress, warn, clock, logger } = options
  let polling = new AbortController()
  let holding = false
  let pausesChanged = true
  let failures = 0

  function carryOut() {
    for (const { partition, offset } of requests.takeSeeks()) {
      if (isAssigned(partition)) {
        consumer.seek(partition, offset)
        offsets.sought(partition, offset)
      } else logger.warn(`Ignoring a seek of ${partitionKey(partition)}, which is not assigned to this task`)
    }
    if (!pausesChanged) return
    pausesChanged = false
    const assigned = consumer.assignment()
    const isPaused = (partition: TopicPartition) => holding || requests.isPaused(partition)
    consumer.pause(assigned.filter(isPaused))
    consumer.resume(assigned.filter((partition) => !isPaused(partition)))
  }

  const isAssigned = (partition: TopicPartition) =>
    consumer.assignment().some((assigned) => partitionKey(assigned) === partitionKey(partition))

  return {
    async poll(outer, patienceMs) {
      carryOut()
      polling = new AbortController()
      const signal = AbortSignal.any([outer, polling.signal])
      try {
        const fetched = await consumer.poll(signal, patienceMs)
        failures = 0
        progress.recovered('fetching records for')
        return fetched
      } catch (error) {
        // A stop or a pause may come while the group still settles.
        if (signal.aborted && error === signal.reason) return []
        // I10: Kafka is away for a while; the task waits for it.
        if (!(error instanceof KafkaError && error.retriable)) throw error
        progress.failing('fetching records for', `Kafka cannot be read: ${messageOf(error)}`)
        warn(error.errorName, `Records could not be fetched: ${messageOf(error)}; it is tried again`, error)
        await clock.sleep(backOffMs(failures++, clock.random()), signal)
        return []
      }
    },
    hold(held) {
      if (held !== holding) pausesChanged = true
      holding = held
    },
    interrupt() {
      pausesChanged = true
      polling.abort()
    },
  }
}
