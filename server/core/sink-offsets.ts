import type { ConnectorOffset, OffsetChange } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'

/** A sink's offset as a consumer group knows it; null takes the committed one back. */
export interface SinkOffset {
  topic: string
  partition: number
  offset: number | null
}

const topicKey = 'kafka_topic'
const partitionKey = 'kafka_partition'
const offsetKey = 'kafka_offset'

const largestPartition = 2 ** 31 - 1

/**
 * Reads what a person wants a sink's offset to be. Throws BAD_REQUEST in Kafka's own words
 * (`SinkUtils.parseSinkConnectorOffsets`).
 */
export function readSinkOffset({ partition, offset }: OffsetChange): SinkOffset {
  if (partition === null || partition === undefined) {
    throw bad('The partition for a sink connector offset cannot be null or missing')
  }
  if (!Object.hasOwn(partition, topicKey) || !Object.hasOwn(partition, partitionKey)) {
    throw bad(`The partition for a sink connector offset must contain the keys '${topicKey}' and '${partitionKey}'`)
  }
  if (partition[topicKey] === null) throw bad('Kafka topic names must be valid strings and may not be null')
  if (partition[partitionKey] === null) throw bad('Kafka partitions must be valid numbers and may not be null')
  const number = wholeNumber(partition[partitionKey], largestPartition)
  if (number === undefined) {
    throw bad(
      `Failed to parse the following Kafka partition value in the provided offsets: '${partition[partitionKey]}'. Partition values for sink connectors need to be integers.`,
    )
  }
  return { topic: String(partition[topicKey]), partition: number, offset: readOffset(offset) }
}

function readOffset(offset: OffsetChange['offset']): number | null {
  if (offset === null || offset === undefined) return null
  if (!Object.hasOwn(offset, offsetKey)) {
    throw bad(`The offset for a sink connector should either be null or contain the key '${offsetKey}'`)
  }
  const number = wholeNumber(offset[offsetKey], Number.MAX_SAFE_INTEGER)
  if (number === undefined) {
    throw bad(
      `Failed to parse the following Kafka offset value in the provided offsets: '${offset[offsetKey]}'. Offset values for sink connectors need to be integers.`,
    )
  }
  return number
}

/** The same as `GET /connectors/{name}/offsets` answers it. */
export const writeSinkOffset = ({ topic, partition, offset }: SinkOffset): ConnectorOffset => ({
  partition: { [topicKey]: topic, [partitionKey]: partition },
  offset: offset === null ? null : { [offsetKey]: offset },
})

/** Numbers may come as text, as Kafka Connect accepts them. I14: one that cannot be held exactly is no number. */
function wholeNumber(value: unknown, largest: number): number | undefined {
  const text = String(value)
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  return Math.abs(number) <= largest ? number : undefined
}

const bad = (message: string) => new ConnectError('BAD_REQUEST', message)
