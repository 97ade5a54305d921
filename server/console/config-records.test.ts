import { expect, test } from 'vitest'
import { withoutSecrets } from '#server/console/config-records.ts'
import type { RecordFormat, ShownBytes, TopicRecord } from '#server/contract/topics.ts'

const bytes = (text: string, format: Exclude<RecordFormat, 'auto'> = 'json', truncated = false): ShownBytes => ({
  text: format === 'hex' ? Buffer.from(text).toString('hex') : text,
  format,
  truncated,
})
const record = (key: string, value: ShownBytes): TopicRecord => ({
  partition: 0,
  offset: 0,
  timestamp: 0,
  key: bytes(key, 'text'),
  value,
  headers: [],
  size: 1,
})
const config = (pin: string, password: string) =>
  `{"properties":{"connector.class":"X","pin":"${pin}","db.password":"${password}","topic":"t"}}`
const passwordKeys = async () => (key: string) => key === 'pin'
const shownOf = async (key: string, value: ShownBytes) =>
  (await withoutSecrets([record(key, value)], passwordKeys))[0]?.value

test.each(['json', 'text', 'hex'] as const)(
  'S-06: a config in the config topic is shown without its secrets, as %s',
  async (format) => {
    for (const key of ['connector-a', 'task-a-0']) {
      expect(await shownOf(key, bytes(config('1234', 'pw'), format))).toEqual(
        bytes(config('[hidden]', '[hidden]'), format),
      )
    }
  },
)

test('S-11: nor is the key that signs requests between workers', async () => {
  const shown = await shownOf('session-key', bytes('{"key":"c2VjcmV0","algorithm":"HmacSHA256"}'))
  expect(shown?.text).toBe('{"key":"[hidden]","algorithm":"HmacSHA256"}')
})

test('what is shown in part is not shown when it may hold a secret', async () => {
  const beginning = config('1234', 'pw').slice(0, 50)
  expect(await shownOf('connector-a', bytes(beginning, 'text', true))).toEqual(bytes('[hidden]', 'text', true))
})

test('every other record is shown as it is', async () => {
  const others = [
    record('connector-a', bytes('{"properties":{"topic":"t"}}')),
    record('connector-a', bytes('no JSON', 'text')),
    record('commit-a', bytes('{"tasks":1}')),
    record('orders', bytes(config('1234', 'pw'))),
    { ...record('connector-a', bytes('')), value: null },
    { ...record('connector-a', bytes('x', 'text', true)), key: null },
  ]
  expect(await withoutSecrets(others, passwordKeys)).toEqual(others)
})
