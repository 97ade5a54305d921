import type { TaskId } from '#server/contract/connector.ts'
import { messageOf, traceOf } from '#server/contract/errors.ts'
import type { Stage } from '#server/core/error-policy.ts'
import type { ProducedRecord } from '#server/kafka/producer.ts'
import type { RecordHeader } from '#server/protocol/batch-builder.ts'
import type { ConsumedRecord } from '#server/runtime/task/record-at-hand.ts'

/** What went wrong with a record, and in whose hands. */
export interface Failure {
  stage: Stage
  /** The class that was being executed. */
  pluginClass: string
  error: unknown
}

/**
 * A record for the dead letter queue: key, value, headers and timestamp as they were, its partition left to the key
 * (Kafka: `DeadLetterQueueReporter`).
 */
export function deadLetter(
  { key, value, headers, timestamp }: ConsumedRecord,
  context: RecordHeader[],
): ProducedRecord {
  return { key, value, headers: [...headers, ...context], ...(timestamp >= 0 && { timestamp }) }
}

/**
 * The headers that say what happened to a record, all of them texts in UTF-8, in Kafka Connect's order. `clean` takes out
 * of an error's texts what must not leave the thread (S-09).
 */
export function contextHeaders(
  { connector, task }: TaskId,
  { topic, partition, offset }: ConsumedRecord,
  { stage, pluginClass, error }: Failure,
  clean: (text: string) => string,
): RecordHeader[] {
  const message = error instanceof Error && error.message === '' ? null : messageOf(error)
  const texts: [name: string, text: string | null][] = [
    ['topic', topic],
    ['partition', `${partition}`],
    ['offset', `${offset}`],
    ['connector.name', connector],
    ['task.id', `${task}`],
    ['stage', stage],
    ['class.name', pluginClass],
    ['exception.class.name', exceptionClass(error)],
    ['exception.message', message === null ? null : clean(message)],
    ['exception.stacktrace', clean(javaTrace(error))],
  ]
  return texts.map(([name, text]) => ({
    name: `__connect.errors.${name}`,
    value: text === null ? null : Buffer.from(text),
  }))
}

const javaPackages: Readonly<Record<string, string>> = {
  DataException: 'org.apache.kafka.connect.errors',
  SchemaBuilderException: 'org.apache.kafka.connect.errors',
  RetriableException: 'org.apache.kafka.connect.errors',
  SerializationException: 'org.apache.kafka.common.errors',
  IllegalArgumentException: 'java.lang',
}

/** Whoever sorts dead letters by class knows Kafka's errors under their full names; others have the name they gave themselves. */
const fullName = (name: string) => (Object.hasOwn(javaPackages, name) ? `${javaPackages[name]}.${name}` : name)

const exceptionClass = (error: unknown) => fullName(error instanceof Error ? error.name : 'Error')

/** A trace whose errors, the causes among them, have the same names. */
const javaTrace = (error: unknown) =>
  traceOf(error).replace(/^(Caused by: )?(\w+)(?=: |$)/gm, (_, before = '', name: string) => before + fullName(name))
