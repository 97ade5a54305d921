import { type ConfigOf, list } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { defineForKeyAndValue, type Operand } from '#server/sdk/operand.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import type { Field, StructSchema } from '#server/sdk/schema.ts'
import { perSchema, schemaBasics, structOf } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried, fieldReader } from '#server/sdk/struct-copy.ts'
import type { Transform } from '#server/sdk/transform.ts'
import type { Value } from '#server/sdk/value.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'

const config = {
  exclude: list({
    doc: 'Fields to exclude. This takes precedence over the fields to include.',
    importance: 'medium',
    default: [],
    checks: [{ check: 'list', allowEmpty: true }],
  }),
  include: list({
    doc: 'Fields to include. If specified, only these fields will be used.',
    importance: 'medium',
    default: [],
    checks: [{ check: 'list', allowEmpty: true }],
  }),
  renames: list({ doc: 'Field rename mappings.', importance: 'medium', default: [] }),
  'replace.null.with.default': replaceNullWithDefault,
}

const purpose = 'field replacement'

export const replaceField = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.ReplaceField',
  version: kafkaVersion,
  summary: 'Leaves out, keeps or renames fields.',
  config,
  example: { exclude: 'internal_note', renames: 'cust:customer_id' },
  validate({ renames }) {
    const bad = renames.find((mapping) => !isMapping(mapping))
    return bad === undefined ? {} : { renames: [invalidRename(renames, bad)] }
  },
  create: (settings, operand) => createReplaceField(settings, operand),
})

function createReplaceField(settings: ConfigOf<typeof config>, operand: Operand): Transform {
  const excluded = new Set<Value>(settings.exclude)
  const included = new Set<Value>(settings.include)
  const renames = renamesOf(settings.renames)
  const read = fieldReader(settings['replace.null.with.default'])
  const keeps = (name: Value) => !excluded.has(name) && (included.size === 0 || included.has(name))
  const updated = perSchema((from: StructSchema) => {
    const kept = from.fields.flatMap(({ name }, at) => (keeps(name) ? [at] : []))
    const fields = kept.map((at) => from.fields[at] as Field)
    const renamed = fields.map(({ name, schema }) => ({ name: renames.get(name) ?? name, schema }))
    return { schema: structOf(renamed, schemaBasics(from)), kept }
  })
  return {
    apply(record) {
      const value = operand.valueOf(record)
      if (value === null) return record
      if (operand.schemaOf(record) === null) {
        const map = new Map<Value, Value>()
        for (const [name, item] of requireMap(value, purpose)) {
          if (keeps(name)) map.set((typeof name === 'string' ? renames.get(name) : undefined) ?? name, item)
        }
        return operand.replace(record, null, map)
      }
      const struct = requireStruct(value, purpose)
      const { schema, kept } = updated(struct.schema)
      const values = schema.fields.map((field, at) => carried(field, read(struct, kept[at] ?? -1)))
      return operand.replace(record, schema, Struct.of(schema, values))
    },
  }
}

/** `old:new`; a colon at the end is as good as none. */
const isMapping = (mapping: string) => mapping.replace(/:+$/, '').split(':').length === 2

const invalidRename = (all: readonly string[], bad: string) =>
  `Invalid value [${all.join(', ')}] for configuration renames: Invalid rename mapping: ${bad}`

function renamesOf(mappings: readonly string[]): Map<string, string> {
  const bad = mappings.find((mapping) => !isMapping(mapping))
  if (bad !== undefined) throw new ConnectError('CONFIG_INVALID', invalidRename(mappings, bad))
  return new Map(mappings.map((mapping) => mapping.split(':') as [string, string]))
}
