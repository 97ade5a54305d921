import { expect, test } from 'vitest'
import { indented, payloadOf } from '#components/records/preview.ts'

const json = (text: string, truncated = false) => ({ text, format: 'json' as const, truncated })

test("shows the payload of Connect's JSON envelope", () => {
  expect(payloadOf(json('{"schema":{"type":"string"},"payload":"a line"}'))).toBe('"a line"')
})

test('other JSON, broken JSON and a tombstone stay what they are', () => {
  expect(payloadOf(json('{"schema":1,"payload":2,"x":3}'))).toBe('{"schema":1,"payload":2,"x":3}')
  expect(payloadOf(json('{"schema":', true))).toBe('{"schema":')
  expect(payloadOf(null)).toBe('null')
})

test('numbers that JavaScript cannot hold keep every digit', () => {
  const value = '{"schema":{"type":"int64"},"payload": {"id": 9007199254740993, "price":1.0} }'
  expect(payloadOf(json(value))).toBe('{"id": 9007199254740993, "price":1.0}')
  expect(indented(json('{"id":9007199254740993}'))).toBe('{\n  "id": 9007199254740993\n}')
})
