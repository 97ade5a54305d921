import { list, text } from '#server/contract/config-field.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { isInt64, javaClassOf } from '#server/sdk/java-class.ts'
import { defineForKeyAndValue } from '#server/sdk/operand.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried, fieldReader } from '#server/sdk/struct-copy.ts'
import type { Value } from '#server/sdk/value.ts'
import {
  convertToByte,
  convertToDecimal,
  convertToDouble,
  convertToFloat,
  convertToInteger,
  convertToLong,
  convertToShort,
} from '#server/sdk/value-conversion.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'

const purpose = 'mask fields'

export const maskField = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.MaskField',
  version: kafkaVersion,
  summary: 'Replaces the contents of fields by nothing of their type, or by a fixed value.',
  config: {
    fields: list({
      doc: 'Names of fields to mask.',
      importance: 'high',
      checks: [{ check: 'list', allowEmpty: false }],
    }),
    replacement: text({
      doc: "Custom value replacement, that will be applied to all 'fields' values (numeric or non-empty string values only).",
      importance: 'low',
      default: null,
      checks: [{ check: 'non-empty' }],
    }),
    'replace.null.with.default': replaceNullWithDefault,
  },
  example: { fields: 'card_number,email', replacement: '***' },
  create({ fields, replacement, 'replace.null.with.default': replaceNull }, operand) {
    const masked = new Set<Value>(fields)
    const read = fieldReader(replaceNull)
    const mask = (value: Value, of: Schema | null): Value => {
      if (value === null) return null
      return replacement === null ? blank(value) : replaced(value, of, replacement)
    }
    return {
      apply(record) {
        const value = operand.valueOf(record)
        const schema = operand.schemaOf(record)
        if (schema === null) {
          const map = new Map(requireMap(value, purpose))
          for (const field of masked) map.set(field, mask(map.get(field) ?? null, null))
          return operand.replace(record, null, map)
        }
        const struct = requireStruct(value, purpose)
        const values = struct.schema.fields.map((field, at) => {
          const current = read(struct, at)
          return carried(field, masked.has(field.name) ? mask(current, field.schema) : current)
        })
        return operand.replace(record, schema, Struct.of(struct.schema, values))
      },
    }
  },
})

function blank(value: Exclude<Value, null>): Value {
  if (typeof value === 'string') return ''
  if (typeof value === 'boolean') return false
  if (typeof value === 'bigint') return 0n
  if (typeof value === 'number') return 0
  if (value instanceof Decimal) return new Decimal(0n, 0)
  if (value instanceof Date) return new Date(0)
  if (Array.isArray(value)) return []
  if (value instanceof Map) return new Map()
  throw new DataError(`Cannot mask value of type: class ${javaClassOf(value)}`)
}

function replaced(value: Exclude<Value, null>, of: Schema | null, replacement: string): Value {
  if (typeof value === 'string') return replacement
  if (typeof value === 'bigint') return isInt64(value) ? convertToLong(null, replacement) : wholeNumber(replacement)
  if (typeof value === 'number') return numberLike(of, replacement)
  if (value instanceof Decimal) return convertToDecimal(replacement, value.scale)
  throw new DataError(`Cannot mask value of type class ${javaClassOf(value)} with custom replacement.`)
}

function numberLike(of: Schema | null, replacement: string): Value {
  switch (of?.type) {
    case 'INT8':
      return convertToByte(null, replacement)
    case 'INT16':
      return convertToShort(null, replacement)
    case 'INT32':
      return convertToInteger(null, replacement)
    case 'FLOAT32':
      return convertToFloat(null, replacement)
    default:
      return convertToDouble(null, replacement)
  }
}

function wholeNumber(replacement: string): bigint {
  if (!/^[+-]?\d+$/.test(replacement)) {
    throw new DataError(`Unable to convert ${replacement} (class java.lang.String) to number`)
  }
  return BigInt(replacement.replace('+', ''))
}
