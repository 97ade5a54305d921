import { asBuffer } from '#server/protocol/as-buffer.ts'
import { decodeData, encodeData } from '#server/protocol/codec.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { Reader } from '#server/protocol/reader.ts'
import { Writer } from '#server/protocol/writer.ts'

/** Partitions of one topic. */
export interface TopicPartitions {
  topic: string
  partitions: number[]
}

/** What a consumer tells its group's leader (`ConsumerProtocolSubscription`). */
export interface ConsumerSubscription {
  topics: string[]
  userData: Uint8Array | null
  ownedPartitions: TopicPartitions[]
  /** The generation in which the owned partitions were assigned; -1 when unknown. */
  generationId: number
  /** Where the member is, for leaders that divide partitions by it (KIP-881); absent or null when it does not say. */
  rackId?: string | null
}

/**
 * Version 2: what cooperative assignors need, and what every broker and client since Kafka 3.2 reads; version 3 for a member
 * that says where it is.
 */
export const encodeConsumerSubscription = (subscription: ConsumerSubscription): Buffer =>
  encodeData('ConsumerProtocolSubscription', subscription.rackId ? 3 : 2, subscription)

export const decodeConsumerSubscription = (bytes: Uint8Array): ConsumerSubscription =>
  decodeData('ConsumerProtocolSubscription', asBuffer(bytes))

export const encodeConsumerAssignment = (assignedPartitions: TopicPartitions[], userData: Uint8Array | null = null) =>
  encodeData('ConsumerProtocolAssignment', 0, { assignedPartitions, userData })

export const decodeConsumerAssignment = (bytes: Uint8Array): TopicPartitions[] =>
  bytes.length === 0 ? [] : decodeData('ConsumerProtocolAssignment', asBuffer(bytes)).assignedPartitions

/** What a member held last, and since which generation (Kafka: `StickyAssignor`'s user data); -1 when unknown. */
export interface StickyUserData {
  partitions: TopicPartitions[]
  generation: number
}

export function encodeStickyUserData({ partitions, generation }: StickyUserData): Buffer {
  const writer = new Writer()
  writer.int32(partitions.length)
  for (const { topic, partitions: ofTopic } of partitions) {
    const length = Buffer.byteLength(topic)
    writer.int16(length)
    writer.text(topic, length)
    writer.int32(ofTopic.length)
    for (const partition of ofTopic) writer.int32(partition)
  }
  writer.int32(generation)
  return Buffer.concat(writer.finish())
}

/** Also reads what Kafka before 2.3 wrote, which has no generation. */
export function decodeStickyUserData(bytes: Uint8Array): StickyUserData {
  const reader = new Reader(asBuffer(bytes))
  const partitions = readList(reader, 6, () => ({
    topic: reader.text(reader.int16()),
    partitions: readList(reader, 4, () => reader.int32()),
  }))
  return { partitions, generation: reader.remaining === 0 ? -1 : reader.int32() }
}

/** I12: a count that the remaining bytes cannot hold is refused before anything is allocated for it. */
function readList<Element>(reader: Reader, leastBytes: number, read: () => Element): Element[] {
  const count = reader.int32()
  if (count < 0 || count * leastBytes > reader.remaining) throw new MalformedError(`${count} elements past the end`)
  return Array.from({ length: count }, read)
}
