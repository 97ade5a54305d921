import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'

/** What Kafka, or a client of ours on its behalf, says went wrong. */
export interface KafkaFailure {
  name: KafkaErrorName
  /** Whether the same request may succeed later (Kafka: RetriableException). */
  retriable: boolean
}

/** For folders that know Kafka by its clients alone; undefined when the error is none of Kafka's. */
export function kafkaFailureOf(error: unknown): KafkaFailure | undefined {
  return error instanceof KafkaError ? { name: error.errorName, retriable: error.retriable } : undefined
}
