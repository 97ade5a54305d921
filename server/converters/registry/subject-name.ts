import { invalidSetting } from '#server/converters/registry/read-settings.ts'
import { DataError } from '#server/sdk/data-error.ts'

/** Names the subject of a schema. `record` is the name of a record, absent for a schema that is none. */
export type SubjectName = (topic: string, record: string | undefined) => string

const pack = 'io.confluent.kafka.serializers.subject.'

/** Confluent's three strategies. Throws `ConnectError` for another one. */
export function subjectNaming(strategy: string, isKey: boolean): SubjectName {
  const name = strategy.startsWith(pack) ? strategy.slice(pack.length) : strategy
  const side = isKey ? 'key' : 'value'
  const named = (record: string | undefined) => {
    if (record !== undefined) return record
    throw new DataError(
      `In configuration ${side}.subject.name.strategy = ${name}, the message ${side} must only be a record schema`,
    )
  }
  if (name === 'TopicNameStrategy') return (topic) => `${topic}-${side}`
  if (name === 'RecordNameStrategy') return (_topic, record) => named(record)
  if (name === 'TopicRecordNameStrategy') return (topic, record) => `${topic}-${named(record)}`
  throw invalidSetting(`${side}.subject.name.strategy`, strategy, `Class ${strategy} could not be found.`)
}
