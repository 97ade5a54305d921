import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { TailFrame, TailQuery, TopicDetail, TopicOffsets, Topics } from '#server/contract/topics.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { createKafkaJs } from '#server/kafka/kafkajs.ts'
import { endable } from '#server/topics/endable.ts'
import { createEndingClock } from '#server/topics/ending-clock.ts'
import { asConnectError, wording } from '#server/topics/failures.ts'
import { kafkaSettings } from '#server/topics/kafka-settings.ts'
import { choosePartitions, knownTopic, knownTopics } from '#server/topics/known-topic.ts'
import { listTopics } from '#server/topics/list-topics.ts'
import { offsetRanges } from '#server/topics/offsets.ts'
import { readPage } from '#server/topics/read-page.ts'
import { clientTimeouts, openSession, type Session } from '#server/topics/session.ts'
import { tailTopic } from '#server/topics/tail-topic.ts'

export interface TopicsOptions {
  /** Kafka client properties: `bootstrap.servers`, and `client.id` when the brokers are to tell consoles apart. */
  kafka: Readonly<Record<string, string>>
  clock: Clock
  logger: Logger
}

const produceWithinMs = 10_000

async function offsetsOf(client: KafkaClient, names: readonly string[]): Promise<TopicOffsets[]> {
  const topics = await knownTopics(client, names)
  const ranges = await offsetRanges(
    client,
    topics.flatMap(({ partitions }) => partitions),
  )
  const ofTopic = Map.groupBy(ranges, ({ topic }) => topic)
  return topics.map(({ name }) => ({
    name,
    offsets: (ofTopic.get(name) ?? []).map(({ partition, start, end }) => ({ partition, start, end })),
  }))
}

/**
 * The topics of one Kafka, for the console. Connects when it is first asked, and rejects with ConnectError: TOPIC_NOT_FOUND
 * (no call ever creates a topic), KAFKA_UNAVAILABLE within some ten seconds, BAD_REQUEST for what Kafka refuses. Throws
 * SETTING_INVALID for properties that it cannot connect with. Disposing of it ends every read and tail.
 */
export function createTopics({ kafka, clock, logger }: TopicsOptions): Topics {
  const settings = kafkaSettings(kafka)
  const closing = new AbortController()
  const sessions = new Set<Session>()
  const client = createKafkaClient({
    ...settings,
    ...clientTimeouts,
    clock: createEndingClock(clock, closing.signal),
    logger,
  })
  const kafkaJs = createKafkaJs({ ...settings, clock, logger, deadlineMs: produceWithinMs })

  /** Until its work is done, the signal aborts or everything is disposed of. */
  function sessionFor(signal: AbortSignal): Session {
    const session = openSession({ settings, clock, logger }, AbortSignal.any([signal, closing.signal]))
    sessions.add(session)
    return {
      ...session,
      async [Symbol.asyncDispose]() {
        await session[Symbol.asyncDispose]()
        sessions.delete(session)
      },
    }
  }

  async function* tail(query: TailQuery, signal: AbortSignal): AsyncGenerator<TailFrame, void, void> {
    await using session = sessionFor(signal)
    try {
      yield* tailTopic(session, query)
    } catch (error) {
      // A tail that was ended is no failure, whatever its end broke off.
      if (!session.signal.aborted) throw asConnectError(error, query.topic)
    }
  }

  return {
    list: () => wording(undefined, () => listTopics(kafkaJs, client)),
    describe: (name) =>
      wording(name, async (): Promise<TopicDetail> => {
        const topic = await knownTopic(client, name)
        const [ranges, config] = await Promise.all([
          offsetRanges(client, topic.partitions),
          createAdmin(client).topicConfig(name),
        ])
        const offsets = ranges.map(({ partition, start, end }) => ({ partition, start, end }))
        return {
          name,
          partitions: topic.partitions.length,
          internal: topic.internal,
          records: offsets.reduce((sum, { start, end }) => sum + end - start, 0),
          offsets,
          config,
        }
      }),
    offsets: (names) => (names.length === 0 ? Promise.resolve([]) : wording(undefined, () => offsetsOf(client, names))),
    async read(query, signal) {
      signal.throwIfAborted()
      await using session = sessionFor(signal)
      try {
        return await readPage(session, query)
      } catch (error) {
        signal.throwIfAborted()
        throw asConnectError(error, query.topic)
      }
    },
    tail: (query, signal) => endable(signal, (ending) => tail(query, ending)),
    produce: (record) =>
      wording(record.topic, async () => {
        choosePartitions(await knownTopic(client, record.topic), record.partition)
        return kafkaJs.send(record)
      }),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await Promise.all([...sessions].map((session) => session[Symbol.asyncDispose]()))
      await Promise.all([client[Symbol.asyncDispose](), kafkaJs[Symbol.asyncDispose]()])
    },
  }
}
