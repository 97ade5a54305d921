import { list } from '#server/contract/config-field.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import type { Field, StructSchema } from '#server/sdk/schema.ts'
import { perSchema, structOf } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried, fieldReader } from '#server/sdk/struct-copy.ts'
import { defineTransform } from '#server/sdk/transform.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'

const purpose = 'copying fields from value to key'

export const valueToKey = defineTransform({
  class: 'org.apache.kafka.connect.transforms.ValueToKey',
  version: kafkaVersion,
  summary: 'Makes the key of fields of the value.',
  config: {
    fields: list({
      doc: 'Field names on the record value to extract as the record key.',
      importance: 'high',
      checks: [{ check: 'list', allowEmpty: false }],
    }),
    'replace.null.with.default': replaceNullWithDefault,
  },
  example: { fields: 'customer_id' },
  create({ fields, 'replace.null.with.default': replaceNull }) {
    const read = fieldReader(replaceNull)
    const keyOf = perSchema((from: StructSchema) => keySchema(from, fields))
    return {
      apply(record) {
        if ((record.valueSchema ?? null) === null) {
          const map = requireMap(record.value, purpose)
          return { ...record, keySchema: null, key: new Map(fields.map((field) => [field, map.get(field) ?? null])) }
        }
        const struct = requireStruct(record.value, purpose)
        const { schema, places } = keyOf(struct.schema)
        const values = schema.fields.map((field, i) => carried(field, read(struct, places[i] ?? -1)))
        return { ...record, keySchema: schema, key: Struct.of(schema, values) }
      },
    }
  },
})

function keySchema(from: StructSchema, names: readonly string[]): { schema: StructSchema; places: number[] } {
  const places = names.map((name) => {
    const at = from.index.get(name)
    if (at === undefined) throw new DataError(`Field does not exist: ${name}`)
    return at
  })
  return {
    schema: structOf(
      places.map((at) => from.fields[at] as Field),
      {},
    ),
    places,
  }
}
