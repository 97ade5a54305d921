import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { BeyondOurValues, pairOf, type RecordedPair } from '#server/converters/testdata/recorded-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { parseValueText } from '#server/sdk/parse-value-text.ts'
import { sameSchema } from '#server/sdk/schema.ts'
import { validateValue } from '#server/sdk/validate-value.ts'
import { nothing, type SchemaAndValue } from '#server/sdk/value.ts'
import { valueText } from '#server/sdk/value-text.ts'

interface Case {
  id: string
  op: 'parseString' | 'convertToString' | 'validateValue'
  in: unknown
  field?: string
  out?: unknown
  error?: { message: string; portable: boolean }
}

/** The project's own copy, or the folder of recordings that `SLUICE_ORACLE_DIR` names. */
const folder = process.env.SLUICE_ORACLE_DIR ?? join(import.meta.dirname, 'testdata')
const ops = ['parseString', 'convertToString', 'validateValue']
const recordings = readFileSync(join(folder, 'values.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Case => JSON.parse(line))
  .filter(({ op }) => ops.includes(op))

const masked = (message: string) => message.replaceAll(/class [\w.$[;]+/g, 'class *')

function answers(run: () => unknown, { out, error }: Case) {
  if (!error) return expect(run()).toEqual(out)
  return expect(() => run()).toThrow(
    expect.toSatisfy((thrown: unknown) => {
      if (!(thrown instanceof Error)) return false
      return !error.portable || masked(thrown.message) === masked(error.message)
    }),
  )
}

/** Throws `BeyondOurValues` when the case cannot be told in our values. */
function runnable(recorded: Case): () => void {
  if (recorded.op === 'parseString') {
    const expected: SchemaAndValue = recorded.out ? pairOf(recorded.out as RecordedPair) : nothing
    return () => {
      const found = recorded.in === null ? nothing : (parseValueText(recorded.in as string) ?? nothing)
      expect(sameSchema(found.schema, expected.schema), inspect(found, { depth: 9 })).toBe(true)
      expect(sameValue(found.value, expected.value), inspect(found, { depth: 9 })).toBe(true)
    }
  }
  const { schema, value } = pairOf(recorded.in as RecordedPair)
  if (recorded.op === 'convertToString') return () => answers(() => valueText(value, schema), recorded)
  return () => {
    if (!schema) throw new Error('nothing to validate against')
    const place = recorded.field === undefined ? undefined : `field: "${recorded.field}"`
    answers(() => validateValue(schema, value, place) ?? 'ok', recorded)
  }
}

const beyond: string[] = []
for (const recorded of recordings) {
  try {
    const run = runnable(recorded)
    test(recorded.id, run)
  } catch (error) {
    if (!(error instanceof BeyondOurValues)) throw error
    beyond.push(recorded.id)
  }
}

test('every other case is one whose Java value we have no counterpart for', () => {
  if (!process.env.SLUICE_ORACLE_DIR) expect(beyond, beyond.join('\n')).toHaveLength(64)
})
