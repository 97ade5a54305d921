import fc from 'fast-check'
import { Decimal } from '#server/sdk/decimal.ts'
import { logical } from '#server/sdk/logical.ts'
import { type AttributeInput, type PrimitiveType, type Schema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'

const text = fc.string({ unit: 'binary', maxLength: 12 })
const dayMs = 86_400_000
const farthestMs = 8_640_000_000_000_000

const attributes: fc.Arbitrary<AttributeInput> = fc.record(
  {
    optional: fc.boolean(),
    // Not the name of a logical type, which would give the values another meaning.
    name: text.map((name) => `n.${name}`),
    version: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    doc: text,
    parameters: fc.dictionary(text, text, { minKeys: 1, maxKeys: 3 }),
  },
  { requiredKeys: ['optional'] },
)

/** Numbers that JSON can hold: no sign of a zero, nothing infinite. */
const positiveZero = (value: number) => value + 0
const values: Readonly<Record<PrimitiveType, fc.Arbitrary<Value>>> = {
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32_768, max: 32_767 }),
  INT32: fc.integer(),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FLOAT32: fc.float({ noNaN: true, noDefaultInfinity: true }).map(positiveZero),
  FLOAT64: fc.double({ noNaN: true, noDefaultInfinity: true }).map(positiveZero),
  BOOLEAN: fc.boolean(),
  STRING: text,
  BYTES: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
}

const nullable = (of: Schema, value: fc.Arbitrary<Value>) =>
  of.optional && of.default === undefined ? fc.option(value, { nil: null }) : value

const pair = (of: Schema, value: fc.Arbitrary<Value>): fc.Arbitrary<SchemaAndValue> =>
  nullable(of, value).map((made) => ({ schema: of, value: made }))

const primitive: fc.Arbitrary<SchemaAndValue> = fc
  .tuple(fc.constantFrom(...(Object.keys(values) as PrimitiveType[])), attributes, fc.boolean())
  .chain(([type, input, hasDefault]) => {
    const standsIn: fc.Arbitrary<Value | undefined> = hasDefault ? values[type] : fc.constant(undefined)
    return standsIn.chain((given) => {
      const of = schema.primitive(type, given === undefined ? input : { ...input, default: given })
      return pair(of, values[type])
    })
  })

const logicalPair: fc.Arbitrary<SchemaAndValue> = fc.boolean().chain((optional) =>
  fc.oneof(
    fc
      .tuple(fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }), fc.integer({ min: -20, max: 40 }))
      .chain(([unscaled, scale]) => pair(logical.decimal(scale, { optional }), fc.constant(new Decimal(unscaled, scale)))),
    pair(
      logical.date({ optional }),
      fc.integer({ min: -farthestMs / dayMs, max: farthestMs / dayMs }).map((day) => new Date(day * dayMs)),
    ),
    pair(
      logical.time({ optional }),
      fc.integer({ min: 0, max: dayMs }).map((ms) => new Date(ms)),
    ),
    pair(
      logical.timestamp({ optional }),
      fc.integer({ min: -farthestMs, max: farthestMs }).map((ms) => new Date(ms)),
    ),
  ),
)

/** Several values of the schema that one value came with: shrinks and repeats what the value itself shows. */
const again = ({ schema: of, value }: SchemaAndValue, count: number): Value[] =>
  Array.from({ length: count }, (_, i) => (i % 2 === 1 && of?.optional && of.default === undefined ? null : value))

const { anyPair } = fc.letrec<{ anyPair: SchemaAndValue }>((tie) => ({
  anyPair: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    primitive,
    logicalPair,
    fc
      .tuple(tie('anyPair'), attributes, fc.integer({ min: 0, max: 3 }))
      .chain(([item, input, count]) => pair(schema.array(item.schema, input), fc.constant(again(item, count)))),
    fc
      .tuple(tie('anyPair'), tie('anyPair'), attributes)
      .filter(([key]) => key.value !== null)
      .chain(([key, item, input]) =>
        pair(schema.map(key.schema, item.schema, input), fc.constant(new Map([[key.value, item.value]]))),
      ),
    fc
      .tuple(
        fc.uniqueArray(fc.tuple(text, tie('anyPair')), { selector: ([name]) => name, maxLength: 4 }),
        attributes,
      )
      .chain(([members, input]) => {
        const fields = members.map(([name, { schema: of }]) => ({ name, schema: of ?? schema.string() }))
        const of = schema.struct(fields, input)
        return pair(of, fc.constant(Struct.of(of, members.map(([, { value }]) => value))))
      }),
  ),
}))

/** Any schema with a value of it. */
export const schemaAndValue: fc.Arbitrary<SchemaAndValue> = anyPair

/** Any value that JSON holds without a schema. */
export const plainValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constant(null),
    values.BOOLEAN,
    values.INT64,
    values.FLOAT64,
    values.STRING,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }).map((members) => new Map(Object.entries(members))),
  ),
})).value
