import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'

/** Why one record keeps its whole batch from being written, as Produce answers it (KIP-467). */
export interface RecordError {
  batchIndex: number
  batchIndexErrorMessage: string
}

/** A batch that is refused for some of its records (Kafka: RecordValidationException). */
export class RejectedRecords extends KafkaError {
  readonly recordErrors: readonly RecordError[]

  constructor(errorName: KafkaErrorName, detail: string, recordErrors: readonly RecordError[]) {
    super(errorName, detail)
    this.name = 'RejectedRecords'
    this.recordErrors = recordErrors
  }
}
