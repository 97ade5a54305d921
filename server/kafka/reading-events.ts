import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { partitionName, type Reading, type StartAt, unknownEpoch } from '#server/kafka/reading.ts'
import { type ResetPolicy, resetName } from '#server/kafka/reset-policy.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** What becomes of an assigned partition. */
export type ReadingEvent =
  | { type: 'sought'; offset: StartAt; version: number }
  /** Metadata tell the id of its topic. */
  | { type: 'identified'; topicId: string }
  /** Its leader says where reading begins; below 0 when nothing is as new as what it was asked for. */
  | { type: 'located'; offset: number }
  /** The leader of this epoch has all that was read. */
  | { type: 'held'; leaderEpoch: number }
  /** What was read is gone from the log, which goes on with other records (KIP-320). */
  | { type: 'truncated'; epoch: number; endOffset: number }
  | { type: 'fetched'; fetched: FetchedPartition; lastEpoch: number; leaderEpoch: number }
  | { type: 'empty' }
  | { type: 'corrupt'; what: string }
  | { type: 'refused'; error: KafkaError }

/** What is left to do for a partition after it took an event in. */
export type Consequence = { warning?: string } & (
  | { type: 'goOn' }
  /** It waits to be taken by `poll`. */
  | { type: 'keep'; fetched: FetchedPartition }
  | { type: 'askLater' }
  /** As its leader is said to be then: the replica that was asked may be none any more. */
  | { type: 'findLeaderAndAskLater' }
  /** The next `poll` throws; until somebody seeks, the same is asked again only now and then. */
  | { type: 'fail'; error: KafkaError }
)

export const goOn: Consequence = { type: 'goOn' }

/** A batch that was damaged on its way is whole the next time; one that is damaged in the log never is. */
const askedAgainWhenCorrupt = 3

/** Errors that fresh metadata mends. */
const staleMetadata: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
])

/** The whole life of an assigned partition on one screen: changes it, and says what is left to do. */
export function advance(reading: Reading, event: ReadingEvent, resetPolicy: ResetPolicy): Consequence {
  switch (event.type) {
    case 'sought':
      reading.fetchFrom = event.offset
      reading.position = typeof event.offset === 'number' ? event.offset : undefined
      reading.version = event.version
      reading.retryAt = 0
      reading.lastEpoch = unknownEpoch
      reading.corruptAnswers = 0
      return goOn
    case 'identified': {
      const recreated = reading.topicId !== undefined
      reading.topicId = event.topicId
      reading.replica.clear()
      // Offsets of a topic that was deleted mean nothing in the one that took its name.
      if (!recreated || typeof reading.fetchFrom !== 'number') return goOn
      const lost = `${partitionName(reading)} was deleted and created again`
      return leaveLog(reading, new KafkaError('OFFSET_OUT_OF_RANGE', lost), resetPolicy)
    }
    case 'located':
      // Where nothing is as new as that, what comes from now on is.
      if (event.offset < 0) reading.fetchFrom = 'latest'
      else reading.fetchFrom = reading.position = event.offset
      return goOn
    case 'held':
      reading.heldUnder = event.leaderEpoch
      return goOn
    case 'truncated': {
      const lost = `${partitionName(reading)}: the log was truncated to offset ${event.endOffset}, below ${reading.fetchFrom}`
      if (resetPolicy === 'none') return { type: 'fail', error: new KafkaError('OFFSET_OUT_OF_RANGE', lost) }
      reading.fetchFrom = reading.position = event.endOffset
      reading.lastEpoch = event.epoch
      return { type: 'goOn', warning: `${lost}; reading on there.` }
    }
    case 'fetched':
      reading.fetchFrom = event.fetched.nextOffset
      reading.lastEpoch = event.lastEpoch
      reading.heldUnder = event.leaderEpoch
      reading.failures = 0
      reading.corruptAnswers = 0
      return { type: 'keep', fetched: event.fetched }
    case 'empty':
      reading.failures = 0
      return goOn
    case 'corrupt':
      return askAgainOrGiveUp(reading, event.what)
    case 'refused':
      return takeRefusal(reading, event.error, resetPolicy)
  }
}

function takeRefusal(reading: Reading, error: KafkaError, resetPolicy: ResetPolicy): Consequence {
  const where = partitionName(reading)
  if (error.errorName === 'OFFSET_OUT_OF_RANGE') return leaveLog(reading, error, resetPolicy)
  if (error.errorName === 'CORRUPT_MESSAGE') {
    const which = `when fetching offset ${reading.fetchFrom} for topic-partition ${where}`
    return askAgainOrGiveUp(reading, `Encountered corrupt message ${which}`)
  }
  if (staleMetadata.has(error.errorName)) return { type: 'findLeaderAndAskLater' }
  if (error.errorName === 'UNKNOWN_SERVER_ERROR')
    return { type: 'askLater', warning: `${where} could not be fetched and is asked for again: ${error.message}` }
  // It would be the same for ever, and nobody would know (Kafka: `FetchCollector`).
  return error.retriable ? { type: 'askLater' } : { type: 'fail', error }
}

function leaveLog(reading: Reading, error: KafkaError, resetPolicy: ResetPolicy): Consequence {
  if (resetPolicy === 'none') return { type: 'fail', error }
  const lost = `${partitionName(reading)}: offset ${reading.fetchFrom} is outside the log`
  reading.fetchFrom = resetPolicy
  reading.lastEpoch = unknownEpoch
  return { type: 'goOn', warning: `${lost}; reading on at the ${resetName(resetPolicy)} one.` }
}

/** I14, I10: neither handed over nor waited for without end (Kafka: `CompletedFetch.maybeEnsureValid`). */
function askAgainOrGiveUp(reading: Reading, what: string): Consequence {
  reading.corruptAnswers++
  if (reading.corruptAnswers <= askedAgainWhenCorrupt)
    return { type: 'findLeaderAndAskLater', warning: `${what}. It is asked for again.` }
  const cause = new Error(what)
  const detail = `Received exception when fetching the next record from ${partitionName(reading)}. If needed, please seek past the record to continue consumption.`
  return { type: 'fail', error: new KafkaError('CORRUPT_MESSAGE', detail, { cause, retriable: false }) }
}
