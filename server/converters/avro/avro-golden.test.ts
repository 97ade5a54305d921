import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { avroFields } from '#server/converters/avro/avro-fields.ts'
import { avroFormat } from '#server/converters/avro/avro-format.ts'
import { ByteSink } from '#server/converters/registry/byte-sink.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

interface Golden {
  name: string
  schema: string
  hex: string
}

/** Schemas and bytes as Avro's own Java classes (1.12) print and write them. */
const golden: Golden[] = readFileSync(join(import.meta.dirname, '../testdata/avro-golden.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const config = readSettings(avroFields, { 'schema.registry.url': 'unused', 'enhanced.avro.schema.support': 'true' })
const format = avroFormat(config)

function read({ schema, hex }: Golden) {
  const parsed = format.parse(schema, new Map())
  return { parsed, ...format.reader(parsed, undefined)(Buffer.from(hex, 'hex'), 0) }
}

test.each(golden)('what Java writes of $name is read, and written again byte for byte', (one) => {
  const { parsed, schema, value } = read(one)
  const sink = new ByteSink()
  format.writer(schema, parsed)(value, sink)
  expect(sink.take().toString('hex')).toBe(one.hex)
})

const fieldsOf = (value: Value) =>
  value instanceof Struct ? value.schema.fields.map((_field, at) => value.storedAt(at)) : []

test.each([
  ['every primitive', [true, -(2 ** 31), 2n ** 63n - 1n, 1.5, -0.1, 'zwölf 😀', Buffer.from([0, 255])]],
  ['logical types', [new Date(-86_400_000), new Date(86_399_999), new Date(-1), 1_000_001n, new Decimal(-1999n, 2)]],
])('%s has the values that Java was given', (name, expected) => {
  const found = golden.find((one) => one.name === name)
  if (!found) throw new Error(`no golden data of ${name}`)
  expect(fieldsOf(read(found).value)).toEqual(expected)
})
