import { messageOf } from '#server/contract/errors.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { epochEnds } from '#server/kafka/epoch-ends.ts'
import type { Lookup } from '#server/kafka/fetch-plan.ts'
import { isOld, partitionName, type Question, type Reading } from '#server/kafka/reading.ts'
import { advance, type Consequence } from '#server/kafka/reading-events.ts'
import { type ResetPolicy, resetName } from '#server/kafka/reset-policy.ts'

/**
 * Asks leaders where reading goes on, beside everything else: while one broker cannot be asked, others are read. Both
 * resolve when what became of each partition is settled; until then `locatedBy` names the leader.
 */
export interface PositionLookup {
  /** @param at one end of the log, or the date of the first record that is wanted */
  locate(lookup: Lookup, at: 'earliest' | 'latest' | number): Promise<void>
  /** Asks a new leader whether it has what was read; where it has not, reading goes on with what it has instead (KIP-320). */
  compare(leader: number, questions: readonly Question[]): Promise<void>
}

export interface PositionLookupOptions {
  isolation: 'read_uncommitted' | 'read_committed'
  resetPolicy: ResetPolicy
  settle(reading: Reading, consequence: Consequence): void
}

export function createPositionLookup(
  client: KafkaClient,
  { isolation, resetPolicy, settle }: PositionLookupOptions,
): PositionLookup {
  const admin = createAdmin(client)

  return {
    async locate({ leader, start, readings }, at) {
      const asked = new Map(readings.map((reading) => [partitionName(reading), { reading, version: reading.version }]))
      for (const reading of readings) reading.locatedBy = leader
      try {
        for (const found of await admin.listOffsets(readings, at, isolation)) {
          const question = asked.get(partitionName(found))
          if (!question || isOld(question)) continue
          settle(question.reading, advance(question.reading, { type: 'located', offset: found.offset }, resetPolicy))
        }
      } catch (error) {
        client.logger.debug(
          `The ${resetName(start)} offsets at broker ${leader} are not known yet: ${messageOf(error)}`,
        )
        for (const reading of readings) settle(reading, { type: 'askLater' })
      } finally {
        for (const reading of readings) reading.locatedBy = undefined
      }
    },
    async compare(leader, questions) {
      for (const { reading } of questions) reading.locatedBy = leader
      try {
        const read = questions.map(({ reading: { topic, partition, lastEpoch }, leaderEpoch }) => ({
          topic,
          partition,
          lastEpoch,
          leaderEpoch,
        }))
        for (const end of await epochEnds(client, leader, read)) {
          const question = questions.find(({ reading }) => partitionName(reading) === partitionName(end))
          if (!question || isOld(question)) continue
          const { reading, from, leaderEpoch } = question
          if ('error' in end) settle(reading, advance(reading, { type: 'refused', error: end.error }, resetPolicy))
          else if (end.endOffset < from) settle(reading, advance(reading, { type: 'truncated', ...end }, resetPolicy))
          else settle(reading, advance(reading, { type: 'held', leaderEpoch }, resetPolicy))
        }
      } catch (error) {
        client.logger.debug(`Whether broker ${leader} has what was read is not known yet: ${messageOf(error)}`)
        for (const { reading } of questions) {
          client.invalidate({ topic: reading.topic })
          settle(reading, { type: 'askLater' })
        }
      } finally {
        for (const { reading } of questions) reading.locatedBy = undefined
      }
    },
  }
}
