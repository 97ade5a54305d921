import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { messageOf } from '#server/contract/errors.ts'
import {
  BeyondOurValues,
  pairOf,
  type RecordedPair,
  valueOf as recordedValue,
} from '#server/converters/testdata/recorded-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { logical } from '#server/sdk/logical.ts'
import { parseValueText } from '#server/sdk/parse-value-text.ts'
import { type Schema, schema } from '#server/sdk/schema.ts'
import type { Value } from '#server/sdk/value.ts'
import * as conversion from '#server/sdk/value-conversion.ts'
import * as nested from '#server/sdk/value-conversion-nested.ts'
import * as temporal from '#server/sdk/value-conversion-temporal.ts'

interface Case {
  id: string
  op: string
  in: RecordedPair
  scale?: number
  out?: unknown
  error?: { class: string; message: string | null; portable: boolean }
}

/** The folder of the recordings; another one can be named. */
const folder = process.env.SLUICE_ORACLE_DIR ?? join(import.meta.dirname, 'testdata')

type Convert = (of: Schema | null, value: Value, scale: number) => Value

/** Each conversion, and the schema under which its answers are written down. */
const conversions: Readonly<Record<string, { convert: Convert; to: Schema | null }>> = {
  convertToBoolean: { convert: conversion.convertToBoolean, to: schema.boolean() },
  convertToByte: { convert: conversion.convertToByte, to: schema.int8() },
  convertToShort: { convert: conversion.convertToShort, to: schema.int16() },
  convertToInteger: { convert: conversion.convertToInteger, to: schema.int32() },
  convertToLong: { convert: conversion.convertToLong, to: schema.int64() },
  convertToFloat: { convert: conversion.convertToFloat, to: schema.float32() },
  convertToDouble: { convert: conversion.convertToDouble, to: schema.float64() },
  convertToDate: { convert: temporal.convertToDate, to: logical.date() },
  convertToTime: { convert: temporal.convertToTime, to: logical.time() },
  convertToTimestamp: { convert: temporal.convertToTimestamp, to: logical.timestamp() },
  convertToList: { convert: nested.convertToList, to: null },
  convertToMap: { convert: nested.convertToMap, to: null },
  convertToStruct: { convert: nested.convertToStruct, to: null },
  convertToDecimal: { convert: (_of, value, scale) => conversion.convertToDecimal(value, scale), to: null },
}

const cases = readFileSync(join(folder, 'values.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Case => JSON.parse(line))
  .filter(({ op }) => op in conversions)

/** What shows how a Java object happens to be written, and what Java calls it. */
const masked = (message: string) =>
  message
    .replaceAll(/\(class [\w.$[;]+\)/g, '(class *)')
    .replace(/^Unable to convert (\{.*\}|\[.*\]|java\.nio\..*?\]|[\w+/]+=) /s, 'Unable to convert * ')

function missOf({ op, in: given, scale = 0, out, error }: Case): string | undefined {
  const { convert, to } = conversions[op] ?? { convert: () => null, to: null }
  const { schema: of, value } = pairOf(given)
  // What a text spells has the schema that goes with it.
  const ofAnswer = to ?? (typeof value === 'string' ? (parseValueText(value)?.schema ?? null) : of)
  const expected = error ? null : recordedValue(out ?? null, ofAnswer)
  try {
    const answer = convert(of, value, scale)
    if (!error && sameValue(answer, expected)) return undefined
    return `expected ${inspect(error ?? out)}, got ${inspect(answer)}`
  } catch (thrown) {
    const isSame = error && (!error.portable || masked(messageOf(thrown)) === masked(error.message ?? ''))
    return thrown instanceof DataError && isSame
      ? undefined
      : `expected ${inspect(error ?? out)}, got ${inspect(thrown)}`
  }
}

test('every recorded conversion of a value answers as it did in Kafka Connect', () => {
  const failures: string[] = []
  let passed = 0
  let beyond = 0
  for (const recorded of cases) {
    try {
      const miss = missOf(recorded)
      if (miss === undefined) passed += 1
      else failures.push(`${recorded.id}: ${miss}`)
    } catch (error) {
      if (!(error instanceof BeyondOurValues)) throw error
      beyond += 1
    }
  }
  console.log(
    `values.jsonl (conversions): ${passed} passed, ${failures.length} failed, ${beyond} hold what has no counterpart`,
  )
  expect(failures.join('\n')).toBe('')
  // Characters of Java, and dates further than a `Date` reaches.
  if (!process.env.SLUICE_ORACLE_DIR) expect(beyond).toBe(16)
})
