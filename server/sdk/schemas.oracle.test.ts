import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { messageOf } from '#server/contract/errors.ts'
import {
  BeyondOurValues,
  pairOf,
  type RecordedPair,
  type RecordedSchema,
  valueOf as readValue,
  schemaOf,
} from '#server/converters/testdata/recorded-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { inferSchema } from '#server/sdk/infer-schema.ts'
import { type Schema, type StructSchema, sameSchema, schema } from '#server/sdk/schema.ts'
import { projectValue } from '#server/sdk/schema-projector.ts'
import { Struct } from '#server/sdk/struct.ts'

interface Case {
  id: string
  op: string
  in: unknown
  target?: RecordedSchema
  out?: unknown
  error?: { class: string; message: string; portable: boolean; cause?: { message: string } }
}

/** What Kafka Connect 4.3.1 answered; `SLUICE_ORACLE_DIR` names another folder of recordings. */
const file = process.env.SLUICE_ORACLE_DIR
  ? join(process.env.SLUICE_ORACLE_DIR, 'values.jsonl')
  : join(import.meta.dirname, 'testdata/schemas.jsonl')
const recordings = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Case => JSON.parse(line))

/** Java's classes in a message: ours name the class that a Kafka Connect converter would have made. */
const maskedText = (message: string) => message.replaceAll(/class [\w.$[;]+/g, 'class *')

function masked(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    throw new Error(maskedText(messageOf(error)))
  }
}

const answer = (run: () => unknown, { error }: Case, compare: (found: never) => boolean) => {
  if (error) {
    const thrown = expect.objectContaining({ name: error.class.slice(error.class.lastIndexOf('.') + 1) })
    expect(run).toThrow(thrown)
    if (error.portable) expect(() => masked(run)).toThrow(maskedText(error.message))
    return
  }
  const found = run()
  expect(compare(found as never), inspect(found, { depth: 9 })).toBe(true)
}

/** Without a schema the narrower numbers of Java are the widest here. */
function widest(of: Schema | null): Schema | null {
  if (!of) return null
  const { optional } = of
  if (of.type === 'INT8' || of.type === 'INT16' || of.type === 'INT32') return schema.int64({ optional })
  if (of.type === 'FLOAT32') return schema.float64({ optional })
  if (of.type === 'ARRAY') return schema.array(widest(of.items), { optional })
  return of.type === 'MAP' ? schema.map(widest(of.keys), widest(of.values), { optional }) : of
}

function structSchemaOf(recorded: RecordedSchema): StructSchema {
  const made = schemaOf(recorded)
  if (made?.type !== 'STRUCT') throw new Error('no schema of a struct')
  return made
}

/** Throws `BeyondOurValues` where the case cannot be told in our values. */
const runs: Readonly<Record<string, (recorded: Case) => () => void>> = {
  project(recorded) {
    const { schema: source, value } = pairOf(recorded.in as RecordedPair)
    const target = schemaOf(recorded.target)
    if (!source || !target) throw new Error('a projection without schemas')
    const expected = recorded.error ? null : readValue(recorded.out, target)
    return () =>
      answer(
        () => projectValue(source, value, target),
        recorded,
        (found) => sameValue(found, expected),
      )
  },
  inferSchema(recorded) {
    const widths = new Set(JSON.stringify(recorded.in).match(/"i(8|16|32|64)"/g))
    if (widths.size > 1) throw new BeyondOurValues('integers of different width')
    const value = readValue(recorded.in, null)
    const { schema: told } = (recorded.out ?? {}) as { schema?: RecordedSchema }
    // A struct brings its own schema, with the numbers that it says.
    const expected = told?.type === 'STRUCT' ? schemaOf(told) : widest(schemaOf(told))
    return () =>
      answer(
        () => inferSchema(value),
        recorded,
        (found) => sameSchema(found, expected),
      )
  },
  decimalToLogical(recorded) {
    const { bytes, scale } = recorded.in as { bytes: string; scale: string }
    // Java cannot read a number of no bytes; here it is 0.
    if (recorded.error) throw new BeyondOurValues('no bytes')
    const expected = readValue(recorded.out, null)
    return () => expect(Decimal.fromBytes(Buffer.from(bytes, 'base64'), Number(scale))).toEqual(expected)
  },
  decimalFromLogical(recorded) {
    const { value, scale } = recorded.in as { value: string; scale: string }
    return () => expect(new Decimal(BigInt(value), Number(scale)).toBytes().toString('base64')).toBe(recorded.out)
  },
  structPut(recorded) {
    const { schema: of, field, value } = recorded.in as { schema: RecordedSchema; field: string; value: unknown }
    const made = structSchemaOf(of)
    const wanted = made.fields.find(({ name }) => name === field)?.schema ?? null
    const given =
      value === null || typeof value === 'string' ? value : readValue(value, wanted?.type === 'INT32' ? wanted : null)
    const expected = recorded.error ? null : readValue(recorded.out, made)
    return () =>
      answer(
        () => new Struct(made).set(field, given),
        recorded,
        (found) => sameValue(found, expected),
      )
  },
  structDefault(recorded) {
    const { schema: of, field } = recorded.in as { schema: RecordedSchema; field: string }
    const made = structSchemaOf(of)
    const { get } = recorded.out as { get: unknown }
    const expected = readValue(get, made.fields.find(({ name }) => name === field)?.schema ?? null)
    return () => {
      const struct = new Struct(made)
      expect(sameValue(struct.get(field), expected)).toBe(true)
      expect(struct.stored(field)).toBe(null)
    }
  },
  schemaEquals(recorded) {
    const { a, b } = recorded.in as { a: RecordedSchema; b: RecordedSchema }
    const [one, other] = [schemaOf(a), schemaOf(b)]
    return () => expect(sameSchema(one, other)).toBe(recorded.out)
  },
}

const beyond: string[] = []
for (const recorded of recordings) {
  const run = runs[recorded.op]
  if (!run) continue
  try {
    test(recorded.id, run(recorded))
  } catch (error) {
    if (!(error instanceof BeyondOurValues)) throw error
    beyond.push(recorded.id)
  }
}

test('few cases have Java values without a counterpart', () => {
  expect(beyond.length, beyond.join('\n')).toBeLessThan(recordings.length / 20)
})
