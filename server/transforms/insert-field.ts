import { type ConfigOf, text } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { logical } from '#server/sdk/logical.ts'
import { defineForKeyAndValue, type Operand } from '#server/sdk/operand.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import { type Schema, type StructSchema, schema } from '#server/sdk/schema.ts'
import { perSchema, schemaBasics, structOf } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried, fieldReader } from '#server/sdk/struct-copy.ts'
import type { ConnectRecord, Transform } from '#server/sdk/transform.ts'
import type { Value } from '#server/sdk/value.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'

const suffixes =
  'Suffix with <code>!</code> to make this a required field, or <code>?</code> to keep it optional (the default).'
const fieldFor = (what: string) => text({ doc: `${what} ${suffixes}`, importance: 'medium', default: null })

const config = {
  'topic.field': fieldFor('Field name for Kafka topic.'),
  'partition.field': fieldFor('Field name for Kafka partition.'),
  'offset.field': text({
    doc: `Field name for Kafka offset - only applicable to sink connectors.<br/>${suffixes}`,
    importance: 'medium',
    default: null,
  }),
  'timestamp.field': fieldFor('Field name for record timestamp.'),
  'static.field': fieldFor('Field name for static data field.'),
  'static.value': text({
    doc: 'Static field value, if field name configured.',
    importance: 'medium',
    default: null,
  }),
  'replace.null.with.default': replaceNullWithDefault,
}

const purpose = 'field insertion'

export const insertField = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.InsertField',
  version: kafkaVersion,
  summary: 'Adds fields: topic, partition, offset and timestamp of the record, or a fixed text.',
  config,
  example: { 'topic.field': 'source_topic', 'static.field': 'region', 'static.value': 'eu' },
  create: (settings, operand) => createInsertField(settings, operand),
})

/** One field to add: what it is called, and what it holds under a schema and without one. */
interface Insertion {
  readonly name: string
  readonly schema: Schema
  value(record: ConnectRecord): Value
  plainValue(record: ConnectRecord): Value
}

function createInsertField(settings: ConfigOf<typeof config>, operand: Operand): Transform {
  const insertions = insertionsOf(settings)
  const read = fieldReader(settings['replace.null.with.default'])
  const extended = perSchema((from: StructSchema) =>
    structOf([...from.fields, ...insertions.map(({ name, schema }) => ({ name, schema }))], schemaBasics(from)),
  )
  return {
    apply(record) {
      const value = operand.valueOf(record)
      if (value === null) return record
      if (operand.schemaOf(record) === null) {
        const map = new Map(requireMap(value, purpose))
        for (const { name, plainValue } of insertions) {
          const inserted = plainValue(record)
          if (inserted !== null) map.set(name, inserted)
        }
        return operand.replace(record, null, map)
      }
      const struct = requireStruct(value, purpose)
      const to = extended(struct.schema)
      const values = struct.schema.fields.map((field, at) => carried(field, read(struct, at)))
      for (const insertion of insertions) values.push(insertion.value(record))
      return operand.replace(record, to, Struct.of(to, values))
    },
  }
}

function insertionsOf(settings: ConfigOf<typeof config>): Insertion[] {
  const { 'static.field': staticField, 'static.value': staticValue } = settings
  const insertions = [
    insertion(settings['topic.field'], schema.string, ({ topic }) => topic),
    insertion(
      settings['partition.field'],
      schema.int32,
      ({ partition = null }) => partition,
      ({ partition }) => (partition === null || partition === undefined ? null : BigInt(partition)),
    ),
    insertion(settings['offset.field'], schema.int64, offsetOf),
    insertion(
      settings['timestamp.field'],
      logical.timestamp,
      ({ timestamp }) => (timestamp === null || timestamp === undefined ? null : new Date(timestamp)),
      ({ timestamp }) => (timestamp === null || timestamp === undefined ? null : BigInt(timestamp)),
    ),
    insertion(staticField, schema.string, () => staticValue),
  ].flat()
  if (insertions.length === 0) throw new ConnectError('CONFIG_INVALID', 'No field insertion configured')
  if (staticField !== null && staticValue === null) {
    const message = `Invalid value null for configuration static.value: No value specified for static field: ${staticField}`
    throw new ConnectError('CONFIG_INVALID', message)
  }
  return insertions
}

function insertion(
  spec: string | null,
  schemaWith: (attributes: { optional: boolean }) => Schema,
  value: Insertion['value'],
  plainValue = value,
): Insertion[] {
  if (spec === null) return []
  const name = spec.replace(/[!?]$/, '')
  return [{ name, schema: schemaWith({ optional: !spec.endsWith('!') }), value, plainValue }]
}

function offsetOf(record: ConnectRecord): bigint {
  if ('offset' in record) return BigInt(record.offset)
  throw new DataError(`Only SinkRecord supported for [${purpose}], found: org.apache.kafka.connect.source.SourceRecord`)
}
