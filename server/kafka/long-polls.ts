import { messageOf } from '#server/contract/errors.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { createFetchSession, type FetchSession } from '#server/kafka/fetch-session.ts'
import { type AnswerOptions, takeAnswer } from '#server/kafka/partition-answer.ts'
import { isOld, type Question, type Reading } from '#server/kafka/reading.ts'
import type { Consequence } from '#server/kafka/reading-events.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Asks brokers for records, each at most once at a time, and in a session of its own (KIP-227). */
export interface LongPolls {
  isBusy(broker: number): boolean
  /**
   * Resolves when the broker has answered or failed, and what became of each partition is settled. Until then they count
   * as asked. The broker must not be busy.
   */
  ask(broker: number, questions: readonly Question[]): Promise<void>
}

export interface LongPollsOptions extends AnswerOptions {
  /** The connections that long polls wait on, so that nothing else waits behind them. */
  lane: string
  maxWaitMs: number
  minBytes: number
  partitionMaxBytes: number
  rack: string
  /** The most that an answer may bring, asked before each. */
  answerBytes(): number
  /** Once aborted a failure is none. */
  signal: AbortSignal
  settle(reading: Reading, consequence: Consequence): void
}

export function createLongPolls(client: KafkaClient, options: LongPollsOptions): LongPolls {
  const busy = new Set<number>()
  const sessions = new Map<number, FetchSession>()

  async function fetch(broker: number, session: FetchSession, asked: readonly Question[]): Promise<void> {
    const connection = await client.connection({ broker }, options.lane)
    const byId =
      (connection.version('Fetch') ?? 0) >= 13 && asked.every(({ reading }) => client.knownTopic(reading.topic))
    const answer = await connection.call(
      'Fetch',
      {
        maxWaitMs: options.maxWaitMs,
        minBytes: options.minBytes,
        maxBytes: options.answerBytes(),
        isolationLevel: options.isolation === 'read_committed' ? 1 : 0,
        rackId: options.rack,
        ...session.next(
          asked.map(({ reading: { topic, partition }, from, leaderEpoch }) => ({
            topic,
            topicId: byId ? client.knownTopic(topic)?.id : undefined,
            partition,
            currentLeaderEpoch: leaderEpoch,
            fetchOffset: from,
            partitionMaxBytes: options.partitionMaxBytes,
          })),
        ),
      },
      byId ? {} : { maxVersion: 12 },
    )
    if (!session.answered(answer)) return
    if (answer.errorCode !== 0) throw KafkaError.of(answer.errorCode)
    for (const topic of answer.responses) {
      const name = byId ? client.knownTopicById(topic.topicId)?.name : topic.topic
      for (const partition of topic.partitions) {
        const question = asked.find(
          ({ reading }) => reading.topic === name && reading.partition === partition.partitionIndex,
        )
        if (question && !isOld(question)) options.settle(question.reading, takeAnswer(question, partition, options))
      }
    }
  }

  return {
    isBusy: (broker) => busy.has(broker),
    async ask(broker, questions) {
      const session = sessions.get(broker) ?? createFetchSession()
      sessions.set(broker, session)
      busy.add(broker)
      for (const { reading } of questions) reading.asked = true
      try {
        await fetch(broker, session, questions)
      } catch (error) {
        session.lost()
        if (options.signal.aborted) return
        client.logger.debug(`A fetch from broker ${broker} failed: ${messageOf(error)}`)
        for (const { reading } of questions) options.settle(reading, { type: 'findLeaderAndAskLater' })
      } finally {
        busy.delete(broker)
        for (const { reading } of questions) reading.asked = false
      }
    },
  }
}
