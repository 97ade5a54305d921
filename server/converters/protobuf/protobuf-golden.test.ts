import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messageReader } from '#server/converters/protobuf/proto-reader.ts'
import { parseProto } from '#server/converters/protobuf/proto-schema.ts'
import { connectMessage } from '#server/converters/protobuf/proto-to-connect.ts'
import { messageWriter } from '#server/converters/protobuf/proto-writer.ts'
import { protobufFields } from '#server/converters/protobuf/protobuf-fields.ts'
import { ByteSink } from '#server/converters/registry/byte-sink.ts'
import { ByteSource } from '#server/converters/registry/byte-source.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

interface Golden {
  name: string
  schema: string
  hex: string
}

/** Messages and bytes as Google's own compiler writes them. */
const golden: Golden[] = readFileSync(join(import.meta.dirname, '../testdata/protobuf-golden.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const config = readSettings(protobufFields, { 'schema.registry.url': 'unused' })

function read(name: string) {
  const one = golden.find((known) => known.name === name)
  const [message] = parseProto(one?.schema ?? '', new Map())
  if (!one || !message) throw new Error(`no golden data of ${name}`)
  const schema = connectMessage(message, config)
  const value = messageReader(message, schema)(new ByteSource(Buffer.from(one.hex, 'hex'), 0))
  const sink = new ByteSink()
  messageWriter(schema, message, config)(value, sink)
  return { hex: one.hex, again: sink.take().toString('hex'), value: plainly(value) as Record<string, unknown> }
}

function plainly(value: Value): unknown {
  if (value instanceof Struct) {
    return Object.fromEntries(value.schema.fields.map(({ name }, at) => [name, plainly(value.storedAt(at))]))
  }
  if (value instanceof Map) return [...value].map(([key, item]) => [key, plainly(item)])
  return Array.isArray(value) ? value.map(plainly) : value
}

test('every scalar has the value that was given, and is written again byte for byte', () => {
  const { hex, again, value } = read('every scalar')
  expect(value).toEqual({
    d: -0.1,
    f: 1.5,
    i32: -(2 ** 31),
    i64: -1n,
    u32: 2n ** 32n - 1n,
    // INT64 has no room for it: the bits are kept, as Java does.
    u64: -1n,
    s32: -3,
    s64: -(2n ** 63n),
    f32: 2n ** 32n - 2n,
    f64: 7n,
    sf32: -5,
    sf64: -6n,
    b: true,
    s: 'zwölf',
    y: Buffer.from([0, 255]),
  })
  expect(again).toBe(hex)
})

test('lists, maps, choices, enums and well-known messages have the values that were given', () => {
  expect(read('lists, maps, choices and messages').value).toEqual({
    packed: [1, 300],
    loose: [2, -1],
    texts: ['a', ''],
    by_name: [['k', { v: -4n }]],
    flags: [[7, true]],
    choice_0: { text: null, inner: { v: 9n } },
    zero: 0,
    none: null,
    colour: 'BLUE',
    at: new Date(-1),
    day: new Date(Date.UTC(2026, 10, 25)),
    time: new Date(86_398_001),
    maybe: 'm',
  })
})

test('the older syntax tells what is missing from what is zero', () => {
  expect(read('the older syntax').value).toEqual({ id: 0, note: '', xs: [1n, 2n], missing: null })
})
