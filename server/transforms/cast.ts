import { type ConfigOf, list } from '#server/contract/config-field.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { defineForKeyAndValue, type Operand } from '#server/sdk/operand.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import { type Field, type Schema, type StructSchema, schema } from '#server/sdk/schema.ts'
import { perSchema, schemaBasics, structOf } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried, fieldReader } from '#server/sdk/struct-copy.ts'
import type { Transform } from '#server/sdk/transform.ts'
import { type CastSpec, type CastType, castSpecProblem, parseCastSpec } from '#server/transforms/cast-spec.ts'
import { castValue } from '#server/transforms/cast-value.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'

const config = {
  spec: list({
    doc: 'List of fields and the type to cast them to of the form field1:type,field2:type to cast fields of Maps or Structs. A single type to cast the entire value. Valid types are int8, int16, int32, int64, float32, float64, boolean, and string. Note that binary fields can only be cast to string.',
    importance: 'high',
  }),
  'replace.null.with.default': replaceNullWithDefault,
}

const purpose = 'cast types'

export const cast = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.Cast',
  version: kafkaVersion,
  summary: 'Casts fields, or the whole key or value, to another type.',
  config,
  example: { spec: 'amount:float64,customer_id:string' },
  validate: ({ spec }) => {
    const problem = castSpecProblem(spec)
    return problem === undefined ? {} : { spec: [problem] }
  },
  create: (settings, operand) => createCast(settings, operand),
})

function createCast(settings: ConfigOf<typeof config>, operand: Operand): Transform {
  const spec = parseCastSpec(settings.spec)
  const read = fieldReader(settings['replace.null.with.default'])
  const updated = perSchema((from: Schema) => updatedSchema(from, spec))
  const castOfField = perSchema((from: StructSchema) => from.fields.map(({ name }) => spec.fields.get(name)))

  function castFields(struct: Struct, to: StructSchema): Struct {
    const casts = castOfField(struct.schema)
    return Struct.of(
      to,
      to.fields.map((field, at) => {
        const value = read(struct, at)
        const type = casts[at]
        const from = struct.schema.fields[at] as Field
        return carried(field, type ? castValue(from.schema, value, type) : value)
      }),
    )
  }

  return {
    apply(record) {
      const value = operand.valueOf(record)
      if (value === null) return record
      const from = operand.schemaOf(record)
      if (from === null) {
        if (spec.whole) return operand.replace(record, null, castValue(null, value, spec.whole))
        const map = new Map(requireMap(value, purpose))
        for (const [name, type] of spec.fields) map.set(name, castValue(null, map.get(name) ?? null, type))
        return operand.replace(record, null, map)
      }
      const to = updated(from)
      if (spec.whole) return operand.replace(record, to, castValue(from, value, spec.whole))
      return operand.replace(record, to, castFields(requireStruct(value, purpose), to as StructSchema))
    },
  }
}

function updatedSchema(from: Schema, { whole, fields }: CastSpec): Schema {
  const attributes = {
    ...schemaBasics(from),
    ...(from.optional && { optional: true }),
    ...(from.default !== undefined && { default: castValue(from, from.default, whole ?? 'STRUCT') }),
  }
  if (whole) return schema.primitive(whole, attributes)
  if (from.type !== 'STRUCT') throw new DataError('Cannot list fields on non-struct type')
  return structOf(
    from.fields.map((field) => castField(field, fields.get(field.name))),
    attributes,
  )
}

/** Of a field that is cast, being optional and the default survive; its name, version, doc and parameters do not. */
function castField(field: Field, type: CastType | undefined): Field {
  if (!type) return field
  const { optional, default: standsIn } = field.schema
  const attributes = {
    optional,
    ...(standsIn !== undefined && { default: castValue(field.schema, standsIn, type) }),
  }
  return { name: field.name, schema: schema.primitive(type, attributes) }
}
