import { messageOf } from '#server/contract/errors.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { nextStep, partitionName, type Question, type Reading, unknownEpoch } from '#server/kafka/reading.ts'
import { advance, type Consequence } from '#server/kafka/reading-events.ts'
import type { ResetPolicy, ResetTo } from '#server/kafka/reset-policy.ts'
import { zeroUuid } from '#server/protocol/field-codec.ts'

/** Partitions that begin at the same place, of which one leader is asked where that is. */
export interface Lookup {
  leader: number
  start: ResetTo
  readings: Reading[]
}

/** What is to be asked of whom. */
export interface FetchPlan {
  /** Records, by broker. */
  fetches: Map<number, Question[]>
  /** Whether a new leader has what was read, by leader. */
  comparisons: Map<number, Question[]>
  lookups: Lookup[]
}

export interface FetchPlanOptions {
  resetPolicy: ResetPolicy
  /** Whether a broker is being asked for records, so that it cannot be asked for more. */
  isBusy(broker: number): boolean
  settle(reading: Reading, consequence: Consequence): void
}

/** Says where each partition that is due is read from, with the metadata there are; one without a leader is asked for later. */
export async function planFetches(
  client: KafkaClient,
  due: readonly Reading[],
  { resetPolicy, isBusy, settle }: FetchPlanOptions,
): Promise<FetchPlan> {
  const fetches = new Map<number, Question[]>()
  const comparisons = new Map<number, Question[]>()
  const lookups = new Map<string, Lookup>()

  for (const reading of due) {
    const leader = await leaderOf(reading)
    if (leader === undefined || !knowsItsTopic(reading)) continue
    const broker = reading.replica.preferred() ?? leader
    if (isBusy(broker)) continue
    const known = client.knownTopic(reading.topic)?.partitions[reading.partition]
    const step = nextStep(reading, known?.leaderEpoch ?? unknownEpoch)
    if (step.type === 'locate') {
      const key = `${leader} ${JSON.stringify(step.start)}`
      const lookup = lookups.get(key) ?? { leader, start: step.start, readings: [] }
      lookup.readings.push(reading)
      lookups.set(key, lookup)
      continue
    }
    const [group, asked] = step.type === 'fetch' ? [fetches, broker] : [comparisons, leader]
    group.set(asked, [...(group.get(asked) ?? []), step.question])
  }
  return { fetches, comparisons, lookups: [...lookups.values()] }

  async function leaderOf(reading: Reading): Promise<number | undefined> {
    try {
      return (await client.leader(reading.topic, reading.partition, { withinMs: 0 })).id
    } catch (error) {
      client.logger.debug(`No leader for ${partitionName(reading)} yet: ${messageOf(error)}`)
      settle(reading, { type: 'askLater' })
      return undefined
    }
  }

  /** False when its topic was created again and nobody says where to go on. */
  function knowsItsTopic(reading: Reading): boolean {
    const topicId = client.knownTopic(reading.topic)?.id
    if (topicId === undefined || topicId === zeroUuid || topicId === reading.topicId) return true
    const consequence = advance(reading, { type: 'identified', topicId }, resetPolicy)
    settle(reading, consequence)
    return consequence.type !== 'fail'
  }
}
