import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ConnectorOffset } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { readSinkOffset, writeSinkOffset } from '#server/core/sink-offsets.ts'

const at = (partition: unknown, offset: unknown = null) => ({ partition, offset }) as ConnectorOffset
const orders = { kafka_topic: 'orders', kafka_partition: 3 }

test('what GET answers can be sent back', () => {
  const offset = fc.option(fc.maxSafeNat())
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(2 ** 31 - 1), offset, (topic, partition, offset) => {
      const sinkOffset = { topic, partition, offset }
      expect(readSinkOffset(writeSinkOffset(sinkOffset))).toEqual(sinkOffset)
    }),
  )
})

test('numbers may come as text', () => {
  expect(readSinkOffset(at({ kafka_topic: 'orders', kafka_partition: '3' }, { kafka_offset: '+42' }))).toEqual({
    topic: 'orders',
    partition: 3,
    offset: 42,
  })
})

test('no offset, and null, take the committed one back', () => {
  expect(readSinkOffset(at(orders, null)).offset).toBeNull()
  expect(readSinkOffset({ partition: orders } as unknown as ConnectorOffset).offset).toBeNull()
})

const keys = "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'"
const badPartition = (value: unknown) =>
  `Failed to parse the following Kafka partition value in the provided offsets: '${value}'. Partition values for sink connectors need to be integers.`
const badOffset = (value: unknown) =>
  `Failed to parse the following Kafka offset value in the provided offsets: '${value}'. Offset values for sink connectors need to be integers.`

test.each<[string, ConnectorOffset, string]>([
  ['no partition', at(null), 'The partition for a sink connector offset cannot be null or missing'],
  ['an empty partition', at({}), keys],
  ['no topic', at({ kafka_partition: 1 }), keys],
  ['a topic that only the prototype has', at(Object.create(orders)), keys],
  [
    'a null topic',
    at({ kafka_topic: null, kafka_partition: 1 }),
    'Kafka topic names must be valid strings and may not be null',
  ],
  [
    'a null partition number',
    at({ kafka_topic: 't', kafka_partition: null }),
    'Kafka partitions must be valid numbers and may not be null',
  ],
  ['a word for a partition', at({ kafka_topic: 't', kafka_partition: 'one' }), badPartition('one')],
  ['half a partition', at({ kafka_topic: 't', kafka_partition: 1.5 }), badPartition('1.5')],
  ['more than an int for a partition', at({ kafka_topic: 't', kafka_partition: 2 ** 31 }), badPartition(2 ** 31)],
  [
    'an offset without its key',
    at(orders, {}),
    "The offset for a sink connector should either be null or contain the key 'kafka_offset'",
  ],
  ['a null inside the offset', at(orders, { kafka_offset: null }), badOffset('null')],
  ['a word for an offset', at(orders, { kafka_offset: 'end' }), badOffset('end')],
  ['an empty text', at(orders, { kafka_offset: '' }), badOffset('')],
  [
    'I14: an offset that would be rounded',
    at(orders, { kafka_offset: 9007199254740993n }),
    badOffset('9007199254740993'),
  ],
])('%s is refused in the words of Kafka Connect', (_, given, message) => {
  expect(() => readSinkOffset(given)).toThrow(new ConnectError('BAD_REQUEST', message))
})
