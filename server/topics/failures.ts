import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { kafkaFailureOf } from '#server/kafka/kafka-failure.ts'

const noSuchTopic: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INVALID_TOPIC_EXCEPTION',
])

export const topicNotFound = (topic: string, what = 'does not exist') =>
  new ConnectError('TOPIC_NOT_FOUND', `The topic ${topic} ${what}.`)

/**
 * Kafka's errors as the console words them: a topic that is not there, a Kafka that may answer later, or a request that it
 * refuses for good. Errors that are not Kafka's stay as they are.
 */
export function asConnectError(error: unknown, topic?: string): unknown {
  const failure = kafkaFailureOf(error)
  if (!failure) return error
  if (topic !== undefined && noSuchTopic.has(failure.name)) return topicNotFound(topic)
  return new ConnectError(failure.retriable ? 'KAFKA_UNAVAILABLE' : 'BAD_REQUEST', messageOf(error), { cause: error })
}

/** Runs it, and words what goes wrong with Kafka for the console. */
export async function wording<Answer>(topic: string | undefined, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    throw asConnectError(error, topic)
  }
}
