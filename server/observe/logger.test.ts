import { expect, test } from 'vitest'
import { ConnectError } from '#server/contract/errors.ts'
import { formatLine } from '#server/observe/format-line.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import type { LogRecord } from '#server/observe/log-record.ts'
import { createLogger } from '#server/observe/logger.ts'

const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) }

function capture(root: 'INFO' | 'TRACE' = 'INFO') {
  const records: LogRecord[] = []
  const levels = createLogLevels({ root, clock })
  const logger = createLogger({ name: 'sluice', sink: (record) => records.push(record), levels, clock })
  return { records, levels, logger }
}

test('writes what its level lets through, and changes at once when the level does', () => {
  const { records, levels, logger } = capture()
  const task = logger.child('runtime.task', { connector: 'orders', task: 0 })
  task.debug('unseen')
  levels.set('sluice.runtime', 'DEBUG')
  task.debug('seen')
  levels.set('root', 'OFF')
  task.error('unseen')
  expect(records).toEqual([
    { at: clock.now(), level: 'DEBUG', logger: 'sluice.runtime.task', connector: 'orders', task: 0, message: 'seen' },
  ])
})

test('keeps the whole trace of an error, its causes and its code', () => {
  const { records, logger } = capture()
  logger.error('failed', { error: new ConnectError('START_FAILED', 'no', { cause: new Error('why') }) })
  expect(records[0]).toMatchObject({
    code: 'START_FAILED',
    trace: expect.stringMatching(/no[\s\S]*Caused by: Error: why/),
  })
})

test.each([
  [{ connector: 'orders', task: 3 }, '[2026-01-02T03:04:05.006Z] WARN [orders|task-3] late (a.b)'],
  [{ connector: 'orders' }, '[2026-01-02T03:04:05.006Z] WARN [orders|worker] late (a.b)'],
  [{ code: 'X' }, '[2026-01-02T03:04:05.006Z] WARN late [X] (a.b)'],
])('marks what a line is about as Kafka Connect does: %o', (about, line) => {
  expect(formatLine({ at: clock.now(), level: 'WARN', logger: 'a.b', message: 'late', ...about }, 'text')).toBe(line)
})

test.each(['text', 'json'] as const)('lets nothing in a %s line end it or move a cursor', (format) => {
  const evil = 'a\nb\r\u001b[31mred\u202ereversed\u2028'
  const line = formatLine({ at: 0, level: 'INFO', logger: evil, connector: evil, message: evil }, format)
  expect(line).not.toMatch(/[\p{Cc}\u202e\u2028]/u)
})

test('puts a trace below its line in text, and inside it in JSON', () => {
  const record: LogRecord = { at: 0, level: 'ERROR', logger: 'l', message: 'm', trace: 'Error: x\n    at y' }
  expect(formatLine(record, 'text').split('\n')).toEqual([
    '[1970-01-01T00:00:00.000Z] ERROR m (l)',
    '\tError: x',
    '\tat y',
  ])
  expect(JSON.parse(formatLine(record, 'json'))).toEqual({
    time: '1970-01-01T00:00:00.000Z',
    level: 'ERROR',
    logger: 'l',
    message: 'm',
    trace: 'Error: x\n    at y',
  })
})
