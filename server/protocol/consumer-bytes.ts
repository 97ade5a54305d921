import { asBuffer } from '#server/protocol/as-buffer.ts'
import { decodeData, encodeData } from '#server/protocol/codec.ts'

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
}

/** Version 2: what cooperative assignors need, and what every broker and client since Kafka 3.2 reads. */
export const encodeConsumerSubscription = (subscription: ConsumerSubscription): Buffer =>
  encodeData('ConsumerProtocolSubscription', 2, subscription)

export const decodeConsumerSubscription = (bytes: Uint8Array): ConsumerSubscription =>
  decodeData('ConsumerProtocolSubscription', asBuffer(bytes))

export const encodeConsumerAssignment = (assignedPartitions: TopicPartitions[], userData: Uint8Array | null = null) =>
  encodeData('ConsumerProtocolAssignment', 0, { assignedPartitions, userData })

export const decodeConsumerAssignment = (bytes: Uint8Array): TopicPartitions[] =>
  bytes.length === 0 ? [] : decodeData('ConsumerProtocolAssignment', asBuffer(bytes)).assignedPartitions
