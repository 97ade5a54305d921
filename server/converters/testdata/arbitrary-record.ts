import fc from 'fast-check'
import { Decimal } from '#server/sdk/decimal.ts'
import { logical } from '#server/sdk/logical.ts'
import { type AttributeInput, type PrimitiveType, type Schema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'

const text = fc.string({ unit: 'binary', maxLength: 12 }).map((made) => made.toWellFormed())
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const dayMs = 86_400_000
const farthestMs = 8_640_000_000_000_000

const primitiveValues: Readonly<Record<PrimitiveType, fc.Arbitrary<Value>>> = {
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32_768, max: 32_767 }),
  INT32: fc.integer(),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FLOAT32: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  FLOAT64: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  BOOLEAN: fc.boolean(),
  STRING: text,
  BYTES: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
}

/** What of Connect's schemas a schema language has a word for. */
export interface Expressible {
  /** Whether a schema may have documentation, a version, parameters and a default. */
  facts: boolean
  optional: 'any' | 'always'
  /** Whether every element of a list or map is there, and lists and maps hold no lists and maps. */
  flat: boolean
  mapKeys: readonly PrimitiveType[]
}

/** A record, and a value of it, whose names every schema language allows. */
export function recordAndValue(what: Expressible): fc.Arbitrary<SchemaAndValue> {
  const optional = what.optional === 'always' ? fc.constant(true) : fc.boolean()
  const input: fc.Arbitrary<AttributeInput> = what.facts
    ? fc.record(
        {
          optional,
          version: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          doc: text,
          parameters: fc.dictionary(word, text, { minKeys: 1, maxKeys: 3 }),
        },
        { requiredKeys: ['optional'] },
      )
    : optional.map((is) => ({ optional: is }))
  const nullable = (of: Schema, value: fc.Arbitrary<Value>): fc.Arbitrary<SchemaAndValue> =>
    (of.optional && of.default === undefined ? fc.option(value, { nil: null }) : value).map((made) => ({
      schema: of,
      value: made,
    }))

  const primitive = fc
    .tuple(fc.constantFrom(...(Object.keys(primitiveValues) as PrimitiveType[])), input, fc.boolean())
    .chain(([type, given, hasDefault]) => {
      const standsIn: fc.Arbitrary<Value | undefined> =
        what.facts && hasDefault ? primitiveValues[type] : fc.constant(undefined)
      return standsIn.chain((value) =>
        nullable(schema.primitive(type, value === undefined ? given : { ...given, default: value }), primitiveValues[type]),
      )
    })

  const logicalPair = optional.chain((is) =>
    fc.oneof(
      fc
        .tuple(fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }), fc.integer({ min: 0, max: 20 }))
        .chain(([unscaled, scale]) =>
          nullable(logical.decimal(scale, { optional: is }), fc.constant(new Decimal(unscaled, scale))),
        ),
      nullable(
        logical.date({ optional: is }),
        // Years 1 to 9999, which every schema language has.
        fc.integer({ min: -719_162, max: 2_932_896 }).map((day) => new Date(day * dayMs)),
      ),
      nullable(
        logical.time({ optional: is }),
        fc.integer({ min: 0, max: dayMs - 1 }).map((ms) => new Date(ms)),
      ),
      nullable(
        logical.timestamp({ optional: is }),
        fc.integer({ min: -farthestMs, max: farthestMs }).map((ms) => new Date(ms)),
      ),
    ),
  )

  let names = 0
  const { record, any } = fc.letrec<{ record: SchemaAndValue; any: SchemaAndValue }>((tie) => {
    const element = (what.flat ? fc.oneof(primitive, logicalPair, tie('record')) : tie('any')).map((made) =>
      what.flat ? required(made) : made,
    )
    return {
      record: fc
        .tuple(fc.uniqueArray(fc.tuple(word, tie('any')), { selector: ([name]) => name, minLength: 1, maxLength: 5 }), input)
        .chain(([members, given]) => {
          const fields = members.map(([name, { schema: of }]) => ({ name, schema: of ?? schema.string() }))
          // A name means one thing in a schema.
          const of = schema.struct(fields, { ...given, name: `shop.v1.R${names++}` })
          return fc.constant({ schema: of as Schema, value: Struct.of(of, members.map(([, { value }]) => value)) })
        }),
      any: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        primitive,
        logicalPair,
        fc
          .tuple(element, input, fc.integer({ min: 0, max: 3 }))
          .map(([item, given, count]) => ({
            schema: schema.array(item.schema, given),
            value: Array.from({ length: count }, () => item.value),
          })),
        fc
          .tuple(fc.constantFrom(...what.mapKeys), element, input)
          .chain(([type, item, given]) =>
            primitiveValues[type].map((key) => ({
              // A name of its own for the entries of a map whose keys are no texts.
              schema: schema.map(schema.primitive(type), item.schema, {
                ...given,
                ...(type !== 'STRING' && !what.flat && { name: `shop.v1.M${names++}` }),
              }),
              value: new Map([[key, item.value]]),
            })),
          ),
        tie('record'),
      ),
    }
  })
  return fc.oneof({ weight: 4, arbitrary: record }, ...(what.flat ? [] : [{ weight: 1, arbitrary: any }]))
}

const stand: Readonly<Record<string, Value>> = {
  INT8: 1,
  INT16: 2,
  INT32: 3,
  INT64: 4n,
  FLOAT32: 0.5,
  FLOAT64: 0.25,
  BOOLEAN: true,
  STRING: 'x',
  BYTES: Buffer.from('y'),
}

function required({ schema: of, value }: SchemaAndValue): SchemaAndValue {
  if (value !== null || !of) return { schema: of, value }
  if (of.name?.endsWith('.Decimal')) return { schema: of, value: new Decimal(7n, Number(of.parameters?.get('scale'))) }
  return { schema: of, value: of.name?.startsWith('org.apache.') ? new Date(0) : (stand[of.type] ?? null) }
}
