import { type ConfigOf, text } from '#server/contract/config-field.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import { type Field, type Schema, type StructSchema, schema } from '#server/sdk/schema.ts'
import { perSchema, schemaBasics, structOf } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { defineTransform, type Transform } from '#server/sdk/transform.ts'
import type { Value } from '#server/sdk/value.ts'
import { compileExpression, expressionProblem } from '#server/transforms/cel/expression.ts'
import { schemaOfCel } from '#server/transforms/cel/result.ts'
import { sluiceVersion } from '#server/transforms/cel/sluice-version.ts'

const types = ['map']
const purpose = 'field mapping'

const config = {
  mapping: text({
    doc: 'CEL expression that makes a map of topic, partition, offset, timestamp, key, value and headers; each of its entries becomes a field of the value. Regular expressions are those of RE2; an expression is stopped when it works on one record for longer than 100 ms, and the record counts as failed.',
    importance: 'high',
    checks: [{ check: 'non-empty' }],
  }),
  mode: text({
    doc: 'Whether the fields are added to those that the value has, or take the place of the whole value.',
    importance: 'medium',
    default: 'merge',
    checks: [{ check: 'one-of', values: ['merge', 'replace'] }],
  }),
}

export const celMap = defineTransform({
  class: 'sluice.transforms.CelMap',
  version: sluiceVersion,
  summary: 'Computes fields of the value by a CEL expression.',
  config,
  example: { mapping: '{"total": value.price * double(value.quantity), "source": topic}' },
  validate({ mapping }) {
    const problem = expressionProblem(mapping, types)
    return problem === undefined ? {} : { mapping: [problem] }
  },
  create: (settings) => createCelMap(settings),
})

function createCelMap({ mapping, mode }: ConfigOf<typeof config>): Transform {
  const expression = compileExpression(mapping, types)
  const merges = mode === 'merge'
  const known = new Map<string, Schema>()
  const extend = perSchema((from: Schema) => extensionsOf(from, merges))

  /** A field that is null keeps the type that it had before. */
  function fieldOf(name: string, value: Value): Field {
    const of = schemaOfCel(value) ?? known.get(name) ?? schema.string({ optional: true })
    known.set(name, of)
    return { name, schema: of }
  }

  return {
    apply(record) {
      if (record.value === null) return record
      const made = mapOf(expression.evaluate(record))
      const from = record.valueSchema ?? null
      if (from === null) {
        const kept = merges ? requireMap(record.value, purpose) : []
        return { ...record, value: new Map([...kept, ...made]) }
      }
      const struct = merges ? requireStruct(record.value, purpose) : undefined
      const fields = [...made].map(([name, value]) => fieldOf(name, value))
      const to = extend(from)(fields)
      const values = to.fields.map(({ name }) =>
        made.has(name) ? (made.get(name) ?? null) : (struct?.stored(name) ?? null),
      )
      return { ...record, valueSchema: to, value: Struct.of(to, values) }
    },
  }
}

function mapOf(made: Value): Map<string, Value> {
  if (!(made instanceof Map)) throw new DataError('The mapping does not make a map')
  for (const key of made.keys()) if (typeof key !== 'string') throw new DataError('The name of a field must be a text')
  return made as Map<string, Value>
}

const mostExtensions = 100

/** The schema with these fields, the same one whenever they are of the same types. */
function extensionsOf(from: Schema, merges: boolean): (fields: readonly Field[]) => StructSchema {
  const known = new Map<string, StructSchema>()
  const own = merges && from.type === 'STRUCT' ? from.fields : []
  let last: { fields: readonly Field[]; made: StructSchema } | undefined

  function extended(fields: readonly Field[]): StructSchema {
    const signature = JSON.stringify(fields)
    const found = known.get(signature)
    if (found) return found
    const added = new Map(fields.map((field) => [field.name, field]))
    const kept = own.map((field) => added.get(field.name) ?? field)
    const names = new Set(own.map(({ name }) => name))
    const made = structOf([...kept, ...fields.filter(({ name }) => !names.has(name))], schemaBasics(from))
    if (known.size >= mostExtensions) known.clear()
    known.set(signature, made)
    return made
  }

  return (fields) => {
    if (last && sameFields(last.fields, fields)) return last.made
    last = { fields, made: extended(fields) }
    return last.made
  }
}

const sameFields = (a: readonly Field[], b: readonly Field[]) =>
  a.length === b.length && a.every(({ name, schema: of }, i) => name === b[i]?.name && of === b[i]?.schema)
