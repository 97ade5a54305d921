/**
 * A record that cannot be represented (Kafka: `DataException`). Where errors are tolerated the record is skipped; else the
 * task fails.
 */
export class DataError extends Error {
  override readonly name: string = 'DataException'
}

/** A schema that contradicts itself (Kafka: `SchemaBuilderException`). */
export class SchemaBuilderError extends DataError {
  override readonly name = 'SchemaBuilderException'
}

/** An argument that makes no sense, as Java says it of patterns and fields (`IllegalArgumentException`). */
export class IllegalArgumentError extends Error {
  override readonly name = 'IllegalArgumentException'
}

/** Bytes that are not of the form that was promised (Kafka: `SerializationException`); the cause of a `DataError`. */
export class SerializationError extends Error {
  override readonly name = 'SerializationException'
}

/** Something that may succeed when it is tried again (Kafka: `RetriableException`). */
export class RetriableError extends Error {
  override readonly name = 'RetriableException'
  /** Recognised by this mark, because a plugin may bring another copy of the class. */
  readonly retriable = true
}

/** Whether a plugin or a client says that the same call may succeed later. */
export const isRetriable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'retriable' in error && error.retriable === true
