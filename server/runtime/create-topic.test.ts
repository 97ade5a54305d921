import { expect, test } from 'vitest'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { whyNot } from '#server/runtime/create-topic.ts'

const topic = { name: 't', partitions: 0, replicationFactor: 3, settings: { 'segment.ms': 'soon' } }

test.each([
  ['INVALID_REPLICATION_FACTOR', 'no.', "Set 'status.storage.replication.factor', which is 3, "],
  ['INVALID_PARTITIONS', 'no', "Set 'status.storage.partitions', which is 0, "],
  ['INVALID_TOPIC_EXCEPTION', 'no', "Give 'status.storage.topic' a name "],
  ['INVALID_CONFIG', 'no', "Correct what is set under 'status.storage.': segment.ms."],
  ['TOPIC_AUTHORIZATION_FAILED', 'no', 'Let this worker create it, or create it beforehand'],
] as const)('%s says what to do', (name, detail, advice) => {
  const said = whyNot(topic, 'status.storage.topic', new KafkaError(name, detail))
  expect(said).toContain(
    `Topic 't' of the 'status.storage.topic' property cannot be created. Kafka says ${name}: no. ${advice}`,
  )
})

test("the topic of a connector is made as the worker's properties say", () => {
  const error = new KafkaError('INVALID_REPLICATION_FACTOR', 'no')
  expect(whyNot(topic, 'offsets.storage.topic', error)).toContain("Set 'offset.storage.replication.factor'")
})
