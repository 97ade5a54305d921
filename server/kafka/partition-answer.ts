import { visibleBatches } from '#server/kafka/committed-filter.ts'
import { readableBatches } from '#server/kafka/readable-batches.ts'
import { partitionName, type Question } from '#server/kafka/reading.ts'
import { advance, type Consequence, goOn, type ReadingEvent } from '#server/kafka/reading-events.ts'
import type { ResetPolicy } from '#server/kafka/reset-policy.ts'
import type { ResponseOf } from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** What a broker answers for one of the partitions that it was asked for. */
export type PartitionAnswer = ResponseOf<'Fetch'>['responses'][number]['partitions'][number]

export interface AnswerOptions {
  isolation: 'read_uncommitted' | 'read_committed'
  checkCrcs: boolean
  resetPolicy: ResetPolicy
}

/** Takes in what a broker answered to a question that is not old. */
export function takeAnswer(question: Question, answer: PartitionAnswer, options: AnswerOptions): Consequence {
  const { reading } = question
  if (answer.errorCode !== 0) {
    const error = KafkaError.of(answer.errorCode, partitionName(reading))
    // A follower may not have yet, or not have any more, what its leader has.
    const ofFollower = error.errorName === 'OFFSET_OUT_OF_RANGE' && reading.replica.clear()
    return ofFollower ? goOn : advance(reading, { type: 'refused', error }, options.resetPolicy)
  }
  reading.highWatermark = answer.highWatermark
  // There the same records are asked for again.
  if (answer.preferredReadReplica >= 0) reading.replica.prefer(answer.preferredReadReplica)
  const event = recordsOf(question, answer, options)
  return event ? advance(reading, event, options.resetPolicy) : goOn
}

/** Undefined for records that stand before those that were asked for: a batch is always sent whole. */
function recordsOf(
  { reading, from, leaderEpoch }: Question,
  { records, highWatermark, abortedTransactions }: PartitionAnswer,
  { isolation, checkCrcs }: AnswerOptions,
): ReadingEvent | undefined {
  if (!records || records.length === 0) return { type: 'empty' }
  const { topic, partition } = reading
  const { batches, corrupt } = readableBatches(records, { verifyCrc: checkCrcs })
  const all = batches.filter((batch) => batch.lastOffset >= from)
  const last = all.at(-1)
  if (!last) {
    if (!corrupt) return undefined
    const where = `Record batch for partition ${partitionName(reading)} at offset ${corrupt.offset}`
    return { type: 'corrupt', what: `${where} is invalid, cause: ${corrupt.error.message}` }
  }
  const aborted = isolation === 'read_committed' ? (abortedTransactions ?? []) : undefined
  const fetched = {
    topic,
    partition,
    highWatermark,
    batches: visibleBatches(all, aborted),
    startOffset: from,
    nextOffset: last.lastOffset + 1,
  }
  return { type: 'fetched', fetched, lastEpoch: last.leaderEpoch, leaderEpoch }
}
