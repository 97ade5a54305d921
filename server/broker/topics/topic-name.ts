import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Throws INVALID_TOPIC_EXCEPTION as Kafka does (org.apache.kafka.common.internals.Topic). */
export function checkTopicName(name: string): void {
  const invalid = (why: string) => new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${why}`)
  if (name === '') throw invalid('the empty string is not allowed')
  if (name === '.' || name === '..') throw invalid("'.' or '..' is not allowed")
  if (name.length > 249) throw invalid(`the length of '${name}' is longer than the max allowed length 249`)
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    const allowed = "ASCII alphanumerics, '.', '_' and '-'"
    throw invalid(`'${name}' contains one or more characters other than ${allowed}`)
  }
}

/** `.` and `_` become the same character in metric names, so Kafka lets no two topics differ only by them. */
export const collides = (a: string, b: string) => a !== b && a.replaceAll('.', '_') === b.replaceAll('.', '_')
