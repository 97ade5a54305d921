import { int, text } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { defineForKeyAndValue } from '#server/sdk/operand.ts'
import { type Schema, schema } from '#server/sdk/schema.ts'
import { perSchema, schemaBasics } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried, fieldReader } from '#server/sdk/struct-copy.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'

export const setSchemaMetadata = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.SetSchemaMetadata',
  version: kafkaVersion,
  summary: 'Gives the schema of a struct another name or version.',
  config: {
    'schema.name': text({ doc: 'Schema name to set.', importance: 'high', default: null }),
    'schema.version': int({ doc: 'Schema version to set.', importance: 'high', default: null }),
    'replace.null.with.default': replaceNullWithDefault,
  },
  example: { 'schema.name': 'shop.Order', 'schema.version': '2' },
  create(settings, operand) {
    const { 'schema.name': name, 'schema.version': version } = settings
    if (name === null && version === null) {
      throw new ConnectError('CONFIG_INVALID', 'Neither schema name nor version configured')
    }
    const read = fieldReader(settings['replace.null.with.default'])
    const updated = perSchema((from: Schema) => {
      if (from.type !== 'STRUCT') throw new DataError('Cannot list fields on non-struct type')
      const { optional, default: standsIn } = from
      return schema.struct(from.fields, {
        ...schemaBasics(from),
        optional,
        ...(standsIn !== undefined && { default: standsIn }),
        ...(name !== null && { name }),
        ...(version !== null && { version }),
      })
    })
    return {
      apply(record) {
        const from = operand.schemaOf(record)
        const value = operand.valueOf(record)
        if (from === null && value === null) return record
        if (from === null) throw new DataError('Schema required for [updating schema metadata]')
        const to = updated(from)
        if (!(value instanceof Struct)) return operand.replace(record, to, value)
        const values = to.fields.map((field, at) => carried(field, read(value, at)))
        return operand.replace(record, to, Struct.of(to, values))
      },
    }
  },
})
