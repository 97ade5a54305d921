import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLogMemory } from '#server/observe/log-memory.ts'
import type { LogRecord } from '#server/observe/log-record.ts'

const record = (message: string, more: Partial<LogRecord> = {}): LogRecord => ({
  at: 0,
  level: 'INFO',
  logger: 'l',
  message,
  ...more,
})

test('answers the newest lines of a connector, oldest first, numbered and with their worker', () => {
  const memory = createLogMemory({ worker: () => 'w:1' })
  memory.sink(record('a', { connector: 'c', task: 0 }))
  memory.sink(record('b', { connector: 'd' }))
  memory.sink(record('c', { connector: 'c', task: 1, level: 'ERROR' }))
  const messages = (query: Partial<Parameters<typeof memory.query>[0]>) =>
    memory.query({ limit: 10, ...query }).map(({ message }) => message)
  expect(messages({})).toEqual(['a', 'b', 'c'])
  expect(messages({ connector: 'c' })).toEqual(['a', 'c'])
  expect(messages({ connector: 'c', task: 1 })).toEqual(['c'])
  expect(messages({ level: 'WARN' })).toEqual(['c'])
  expect(messages({ after: 1 })).toEqual(['b', 'c'])
  expect(messages({ limit: 1 })).toEqual(['c'])
  expect(messages({ limit: 0 })).toEqual([])
  expect(memory.query({ connector: 'd', limit: 1 })).toEqual([
    { id: 2, worker: 'w:1', at: 0, level: 'INFO', logger: 'l', connector: 'd', message: 'b' },
  ])
  memory.forget('c')
  expect(messages({})).toEqual(['b'])
})

test('I12: a chatty connector costs no more memory than its share, and takes no other line away', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd', undefined), { maxLength: 400 }), (writers) => {
      const memory = createLogMemory({ worker: () => 'w', linesPerConnector: 10, connectors: 2 })
      for (const connector of writers) memory.sink(record('m', connector === undefined ? {} : { connector }))
      const lines = memory.query({ limit: 10_000 })
      const named = new Set(lines.flatMap(({ connector }) => connector ?? []))
      expect(named.size).toBeLessThanOrEqual(2)
      expect(lines.length).toBeLessThanOrEqual(3 * 11)
      const other = writers.filter((connector) => connector === undefined).length
      expect(lines.filter(({ connector }) => connector === undefined).length).toBeGreaterThanOrEqual(
        Math.min(other, 10),
      )
    }),
  )
})

test('S-33: a huge message or trace is cut, and says so', () => {
  const memory = createLogMemory({ worker: () => 'w', messageLimit: 10, traceLimit: 20 })
  memory.sink(record('x'.repeat(1e6), { trace: 'y'.repeat(1e6) }))
  const [line] = memory.query({ limit: 1 })
  expect(line?.message).toBe('xxxxxxxxxx… (999990 more characters)')
  expect(line?.trace?.length).toBeLessThan(60)
})
