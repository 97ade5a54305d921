import { kafkaErrors } from '#server/protocol/errors.gen.ts'

export type KafkaErrorName = keyof typeof kafkaErrors

const namesByCode = new Map<number, KafkaErrorName>(
  (Object.keys(kafkaErrors) as KafkaErrorName[]).map((name) => [kafkaErrors[name].code, name]),
)

export const kafkaErrorName = (code: number): KafkaErrorName => namesByCode.get(code) ?? 'UNKNOWN_SERVER_ERROR'

/** An error that a broker answered, or one of the same table that the client found itself (NETWORK_EXCEPTION). */
export class KafkaError extends Error {
  readonly code: number
  readonly errorName: KafkaErrorName
  /** Whether the same request may succeed later (Kafka: RetriableException). */
  readonly retriable: boolean

  /** @param options.retriable what the table says, unless whoever throws it has tried again already */
  constructor(errorName: KafkaErrorName, detail?: string, options: { cause?: unknown; retriable?: boolean } = {}) {
    const { code, message } = kafkaErrors[errorName]
    const { retriable = kafkaErrors[errorName].retriable, ...rest } = options
    super(detail ? `${errorName}: ${detail}` : `${errorName}: ${message}`, rest)
    this.name = 'KafkaError'
    this.code = code
    this.errorName = errorName
    this.retriable = retriable
  }

  static of(code: number, detail?: string | null): KafkaError {
    return new KafkaError(kafkaErrorName(code), detail ?? undefined)
  }
}
