import { expect, test } from 'vitest'
import { fieldPaths, fieldsOf } from '#components/records/record-fields.ts'
import type { ShownBytes, TopicRecord } from '#server/contract/topics.ts'

const record = (text: string, format: ShownBytes['format'] = 'json', truncated = false): TopicRecord => ({
  ...{ partition: 0, offset: 0, timestamp: 0, key: null, headers: [], size: 0 },
  value: { text, format, truncated },
})
const fields = (text: string) => Object.fromEntries(fieldsOf(record(text)))

test('fields are texts without quotes, numbers with every digit, and objects come apart', () => {
  expect(
    fields(
      '{"id": 9007199254740993, "name":"\\u0141ódź", "at":{"city":"x","geo":{"lat":1.10,"more":{"a":1}}},"tags":["a",1],"gone":null,"no":{}}',
    ),
  ).toEqual({
    id: '9007199254740993',
    name: 'Łódź',
    'at.city': 'x',
    'at.geo.lat': '1.10',
    'at.geo.more': '{"a":1}',
    tags: '["a",1]',
    gone: 'null',
    no: '{}',
  })
})

test("the fields of Connect's envelope are those of its payload", () => {
  expect(fields('{"schema":{"type":"struct"},"payload":{"line":"a"}}')).toEqual({ line: 'a' })
})

test('what is no whole JSON object has no fields', () => {
  for (const value of ['[1]', '"a"', '{"a":1']) expect(fields(value)).toEqual({})
  expect(fieldsOf(record('{"a":1}', 'text')).size).toBe(0)
  expect(fieldsOf(record('{"a":1}', 'json', true)).size).toBe(0)
  expect(fieldsOf({ ...record(''), value: null }).size).toBe(0)
})

test('records of different shape offer the fields of all of them', () => {
  expect(fieldPaths([record('{"a":1,"b":2}'), record('{"c":{"d":1}}'), record('{"a":3}')])).toEqual(['a', 'b', 'c.d'])
})
