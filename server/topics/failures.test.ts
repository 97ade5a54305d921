import { expect, test } from 'vitest'
import { ConnectError } from '#server/contract/errors.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'
import { asConnectError } from '#server/topics/failures.ts'

test.each<[KafkaErrorName, string]>([
  ['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_NOT_FOUND'],
  ['INVALID_TOPIC_EXCEPTION', 'TOPIC_NOT_FOUND'],
  ['NETWORK_EXCEPTION', 'KAFKA_UNAVAILABLE'],
  ['REQUEST_TIMED_OUT', 'KAFKA_UNAVAILABLE'],
  ['MESSAGE_TOO_LARGE', 'BAD_REQUEST'],
  ['TOPIC_AUTHORIZATION_FAILED', 'BAD_REQUEST'],
])('%s is %s to a person', (name, code) => {
  expect(asConnectError(new KafkaError(name), 't')).toMatchObject({ code })
})

test('errors that are not Kafka’s stay as they are', () => {
  const own = new ConnectError('BAD_REQUEST', 'no partition 7')
  expect(asConnectError(own, 't')).toBe(own)
  const bug = new TypeError('x')
  expect(asConnectError(bug)).toBe(bug)
})
