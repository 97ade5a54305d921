import { type ConfigOf, text } from '#server/contract/config-field.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { defineForKeyAndValue, type Operand } from '#server/sdk/operand.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import type { Schema, StructSchema } from '#server/sdk/schema.ts'
import { perSchema, schemaBasics, structOf } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried, fieldReader } from '#server/sdk/struct-copy.ts'
import type { Transform } from '#server/sdk/transform.ts'
import type { Value } from '#server/sdk/value.ts'
import { createDateFormat } from '#server/transforms/date-format/date-format.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'
import {
  formOfSchema,
  formOfValue,
  readMoment,
  schemaOfForm,
  type TimestampForm,
  type TimestampSettings,
  timestampForms,
  type UnixPrecision,
  unixPrecisions,
  writeMoment,
} from '#server/transforms/timestamp-form.ts'

const config = {
  field: text({
    doc: 'The field containing the timestamp, or empty if the entire value is a timestamp',
    importance: 'high',
    default: '',
  }),
  'target.type': text({
    doc: 'The desired timestamp representation: string, unix, Date, Time, or Timestamp',
    importance: 'high',
    checks: [{ check: 'one-of', values: timestampForms }],
  }),
  format: text({
    doc: 'A SimpleDateFormat-compatible format for the timestamp. Used to generate the output when type=string or used to parse the input if the input is a string.',
    importance: 'medium',
    default: '',
  }),
  'unix.precision': text({
    doc: 'The desired Unix precision for the timestamp: seconds, milliseconds, microseconds, or nanoseconds. Used to generate the output when type=unix or used to parse the input if the input is a Long.Note: This SMT will cause precision loss during conversions from, and to, values with sub-millisecond components.',
    importance: 'low',
    default: 'milliseconds',
    checks: [{ check: 'one-of', values: Object.keys(unixPrecisions) }],
  }),
  'replace.null.with.default': replaceNullWithDefault,
}

const purpose = 'converting timestamp formats'

export const timestampConverter = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.TimestampConverter',
  version: kafkaVersion,
  summary: 'Turns timestamps into another form: text, Unix time, or one of the logical types.',
  config,
  example: { field: 'created_at', 'target.type': 'string', format: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX" },
  create: (settings, operand) => createTimestampConverter(settings, operand),
})

function createTimestampConverter(given: ConfigOf<typeof config>, operand: Operand): Transform {
  const target = given['target.type'] as TimestampForm
  const settings = settingsOf(given)
  const read = fieldReader(given['replace.null.with.default'])
  const convert = (value: Value, form: TimestampForm) =>
    value === null ? null : writeMoment(target, readMoment(form, value, settings), settings)
  const convertPlain = (value: Value) => (value === null ? null : convert(value, formOfValue(value)))

  const whole = perSchema((from: Schema) => ({ schema: schemaOfForm(target, from.optional), form: formOfSchema(from) }))
  const updated = perSchema((from: Schema): StructSchema => {
    if (from.type !== 'STRUCT') throw new DataError('Cannot list fields on non-struct type')
    const fields = from.fields.map((field) =>
      field.name === given.field ? { ...field, schema: schemaOfForm(target, field.schema.optional) } : field,
    )
    const attributes = { ...schemaBasics(from), optional: from.optional }
    const standsIn = from.default
    if (!(standsIn instanceof Struct)) return structOf(fields, attributes)
    return structOf(fields, { ...attributes, default: converted(standsIn, structOf(fields, attributes)) })
  })

  function converted(struct: Struct, to: StructSchema): Struct {
    return Struct.of(
      to,
      struct.schema.fields.map((field, at) => {
        const value = read(struct, at)
        const target = field.name === given.field ? convert(value, formOfSchema(field.schema)) : value
        return carried(to.fields[at] ?? field, target)
      }),
    )
  }

  return {
    apply(record) {
      const value = operand.valueOf(record)
      const from = operand.schemaOf(record)
      if (from === null) {
        if (value === null || given.field === '') return operand.replace(record, null, convertPlain(value))
        const map = new Map(requireMap(value, purpose))
        map.set(given.field, convertPlain(map.get(given.field) ?? null))
        return operand.replace(record, null, map)
      }
      if (given.field === '') {
        const { schema, form } = whole(from)
        return operand.replace(record, schema, convert(value, form))
      }
      const struct = value === null ? null : requireStruct(value, purpose)
      const to = updated(from)
      return operand.replace(record, to, struct && converted(struct, to))
    },
  }
}

function settingsOf(given: ConfigOf<typeof config>): TimestampSettings {
  const { format: pattern } = given
  const precision = given['unix.precision'] as UnixPrecision
  if (pattern.trim() === '') {
    if (given['target.type'] !== 'string') return { pattern, precision, format: undefined }
    throw new ConnectError(
      'CONFIG_INVALID',
      'TimestampConverter requires format option to be specified when using string timestamps',
    )
  }
  try {
    return { pattern, precision, format: createDateFormat(pattern) }
  } catch (cause) {
    throw new ConnectError(
      'CONFIG_INVALID',
      `Invalid value java.lang.IllegalArgumentException: ${messageOf(cause)} for configuration TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: ${pattern}`,
      { cause },
    )
  }
}
