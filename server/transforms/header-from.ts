import { type ConfigOf, list, text } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { IllegalArgumentError } from '#server/sdk/data-error.ts'
import { headerOf } from '#server/sdk/headers.ts'
import { defineForKeyAndValue, type Operand } from '#server/sdk/operand.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import type { Field, StructSchema } from '#server/sdk/schema.ts'
import { perSchema, schemaBasics, structOf } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried, fieldReader } from '#server/sdk/struct-copy.ts'
import type { ConnectRecord, Transform } from '#server/sdk/transform.ts'
import type { Header, Value } from '#server/sdk/value.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'

const config = {
  fields: list({
    doc: 'Field names in the record whose values are to be copied or moved to headers.',
    importance: 'high',
    checks: [{ check: 'non-empty-list' }],
  }),
  headers: list({
    doc: 'Header names, in the same order as the field names listed in the fields configuration property.',
    importance: 'high',
    checks: [{ check: 'non-empty-list' }],
  }),
  operation: text({
    doc: 'Either <code>move</code> if the fields are to be moved to the headers (removed from the key/value), or <code>copy</code> if the fields are to be copied to the headers (retained in the key/value).',
    importance: 'high',
    checks: [{ check: 'one-of', values: ['move', 'copy'] }],
  }),
  'replace.null.with.default': replaceNullWithDefault,
}

export const headerFrom = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.HeaderFrom',
  version: kafkaVersion,
  summary: 'Copies or moves fields into headers.',
  config,
  example: { fields: 'tenant,region', headers: 'x-tenant,x-region', operation: 'copy' },
  create: (settings, operand) => createHeaderFrom(settings, operand),
})

function createHeaderFrom(settings: ConfigOf<typeof config>, operand: Operand): Transform {
  const { fields, headers, operation } = settings
  if (fields.length !== headers.length) {
    const message = "'fields' config must have the same number of elements as 'headers' config."
    throw new ConnectError('CONFIG_INVALID', message)
  }
  const moves = operation === 'move'
  const moved = new Set<Value>(fields)
  const purpose = `header ${operation}`
  const read = fieldReader(settings['replace.null.with.default'])
  const remaining = perSchema((from: StructSchema) => remainingSchema(from, moved))

  const headerOfField = (struct: Struct, field: string, name: string): Header => {
    const at = struct.schema.index.get(field)
    const schema = struct.schema.fields[at ?? -1]?.schema
    if (at === undefined || !schema) throw new IllegalArgumentError(`Unknown field: ${field}`)
    return headerOf(name, schema, read(struct, at))
  }

  function withoutMoved(record: ConnectRecord, struct: Struct): ConnectRecord {
    const { schema, kept } = remaining(struct.schema)
    const values = schema.fields.map((field, at) => carried(field, read(struct, kept[at] ?? -1)))
    return operand.replace(record, schema, Struct.of(schema, values))
  }

  return {
    apply(record) {
      const value = operand.valueOf(record)
      if (operand.schemaOf(record) === null) {
        const map = requireMap(value, purpose)
        const added = fields.map((field, i) => ({
          name: headers[i] ?? '',
          schema: null,
          value: map.get(field) ?? null,
        }))
        const left = moves ? new Map([...map].filter(([key]) => !moved.has(key))) : map
        return operand.replace(withHeaders(record, added), null, left)
      }
      const struct = requireStruct(value, purpose)
      const left = moves ? withoutMoved(record, struct) : record
      return withHeaders(
        left,
        fields.map((field, i) => headerOfField(struct, field, headers[i] ?? '')),
      )
    },
  }
}

function remainingSchema(from: StructSchema, moved: ReadonlySet<Value>): { schema: StructSchema; kept: number[] } {
  const kept = from.fields.flatMap(({ name }, at) => (moved.has(name) ? [] : [at]))
  const fields = kept.map((at) => from.fields[at] as Field)
  return { schema: structOf(fields, schemaBasics(from)), kept }
}

const withHeaders = (record: ConnectRecord, added: readonly Header[]): ConnectRecord => ({
  ...record,
  headers: [...(record.headers ?? []), ...added],
})
