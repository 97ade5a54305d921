import { expect, test } from 'vitest'
import { jsonLines } from '#components/records/json-lines.ts'
import type { ShownBytes, TopicRecord } from '#server/contract/topics.ts'

const shown = (text: string, format: ShownBytes['format'], truncated = false) => ({ text, format, truncated })
const record: TopicRecord = {
  ...{ partition: 1, offset: 7, timestamp: 1_700_000_000_000, size: 9 },
  key: shown('a "b"', 'text'),
  value: shown('{\n  "id": 9007199254740993\n}', 'json'),
  headers: [{ name: 'trace', value: shown('00ff', 'hex') }],
}

test('a record is one line of JSON, with every digit of its numbers', () => {
  const text = jsonLines('orders', [record, { ...record, offset: 8, key: null }])
  expect(text).toMatch(/^.+\n.+\n$/)
  const [first = '', second = ''] = text.split('\n')
  expect(first).toContain('9007199254740993')
  expect(JSON.parse(first)).toMatchObject({
    topic: 'orders',
    partition: 1,
    offset: 7,
    timestamp: '2023-11-14T22:13:20.000Z',
    key: 'a "b"',
    headers: [{ name: 'trace', value: '00ff' }],
  })
  expect(JSON.parse(second)).toMatchObject({ offset: 8, key: null })
})

test('a value that was cut short stays a text', () => {
  const cut = { ...record, value: shown('{"a":', 'json', true) }
  expect(JSON.parse(jsonLines('orders', [cut]))).toMatchObject({ value: '{"a":' })
})
