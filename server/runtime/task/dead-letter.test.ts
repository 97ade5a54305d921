import { expect, test } from 'vitest'
import { contextHeaders, deadLetter } from '#server/runtime/task/dead-letter.ts'
import { DataError, RetriableError, SerializationError } from '#server/sdk/data-error.ts'

const consumed = {
  topic: 'orders',
  partition: 1,
  offset: 55,
  key: Buffer.from([0xff, 0]),
  value: null,
  headers: [{ name: '__connect.errors.topic', value: Buffer.from('mine') }],
  timestamp: 1_760_000_000_000,
}
const task = { connector: 'orders-sink', task: 3 }
const failure = (error: unknown) => ({ stage: 'VALUE_CONVERTER' as const, pluginClass: 'a.JsonConverter', error })
const plain = (text: string) => text
const textsOf = (error: unknown, clean = plain) =>
  contextHeaders(task, consumed, failure(error), clean).map(({ name, value }) => [
    name,
    value && Buffer.from(value).toString(),
  ])

test('context headers come in the order and the words of Kafka Connect', () => {
  const error = new DataError('Größe')
  error.stack = 'DataException: Größe\n\tat somewhere'
  expect(textsOf(error)).toEqual([
    ['__connect.errors.topic', 'orders'],
    ['__connect.errors.partition', '1'],
    ['__connect.errors.offset', '55'],
    ['__connect.errors.connector.name', 'orders-sink'],
    ['__connect.errors.task.id', '3'],
    ['__connect.errors.stage', 'VALUE_CONVERTER'],
    ['__connect.errors.class.name', 'a.JsonConverter'],
    ['__connect.errors.exception.class.name', 'org.apache.kafka.connect.errors.DataException'],
    ['__connect.errors.exception.message', 'Größe'],
    ['__connect.errors.exception.stacktrace', 'org.apache.kafka.connect.errors.DataException: Größe\n\tat somewhere'],
  ])
})

test('an error without a message has a null header; causes stand in the trace', () => {
  const headers = Object.fromEntries(textsOf(new TypeError('', { cause: new RetriableError('away') })))
  expect(headers['__connect.errors.exception.message']).toBeNull()
  expect(headers['__connect.errors.exception.class.name']).toBe('TypeError')
  expect(headers['__connect.errors.exception.stacktrace']).toContain(
    'Caused by: org.apache.kafka.connect.errors.RetriableException: away',
  )
})

test('S-09: secrets are taken out of message and trace', () => {
  const hide = (text: string) => text.replaceAll('s3cret', '[hidden]')
  const headers = textsOf(new SerializationError('password s3cret is wrong'), hide)
  expect(JSON.stringify(headers)).not.toContain('s3cret')
  expect(headers).toContainEqual(['__connect.errors.exception.message', 'password [hidden] is wrong'])
})

test('a letter is the record as it was, with context behind its own headers of the same name', () => {
  const [context] = contextHeaders(task, consumed, failure(new Error('x')), plain)
  expect(deadLetter(consumed, context ? [context] : [])).toEqual({
    key: consumed.key,
    value: null,
    headers: [...consumed.headers, context],
    timestamp: consumed.timestamp,
  })
  expect(deadLetter({ ...consumed, timestamp: -1 }, [])).not.toHaveProperty('timestamp')
})
