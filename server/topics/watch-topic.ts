import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { topicNotFound } from '#server/topics/failures.ts'
import type { KnownTopic } from '#server/topics/known-topic.ts'
import type { Session } from '#server/topics/session.ts'

/** What happens to a topic while its records are followed, which the records themselves do not tell. */
export interface TopicWatch {
  /** How many partitions it has; it may have grown. */
  readonly partitions: number
  /** The topic is gone, or Kafka has been away for too long. */
  readonly failure: ConnectError | undefined
}

/** Gone in one answer may be a broker that has just started and knows nothing yet. */
const goneAnswers = 2
const everyMs = 1_000
const awayMs = 60_000

/** Looks once a second until the session ends. */
export function watchTopic({ client, signal }: Session, topic: KnownTopic): TopicWatch {
  const { clock, logger } = client
  let partitions = topic.partitions.length
  let failure: ConnectError | undefined
  let gone = 0
  let answeredAt = clock.monotonic()

  async function look() {
    const [found] = await client.metadata([topic.name])
    answeredAt = clock.monotonic()
    if (!found) {
      if (++gone >= goneAnswers) failure = topicNotFound(topic.name, 'was deleted')
      return
    }
    gone = 0
    // Offsets of the new topic mean nothing for the place in the old one.
    if (found.id !== topic.id) failure = topicNotFound(topic.name, 'was deleted and created again; open it anew')
    partitions = Math.max(partitions, found.partitions.length)
  }

  async function lookUntilEnd() {
    while (!signal.aborted && !failure) {
      await clock.sleep(everyMs, signal)
      if (signal.aborted) return
      try {
        await look()
      } catch (error) {
        logger.debug(`The topic ${topic.name} cannot be looked at: ${messageOf(error)}`)
        if (clock.monotonic() - answeredAt < awayMs) continue
        const seconds = awayMs / 1000
        failure = new ConnectError('KAFKA_UNAVAILABLE', `Kafka has not answered for ${seconds} seconds.`, {
          cause: error,
        })
      }
    }
  }

  void lookUntilEnd()
  return {
    get partitions() {
      return partitions
    },
    get failure() {
      return failure
    },
  }
}
