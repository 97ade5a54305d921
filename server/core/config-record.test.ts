import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { targetStates } from '#server/contract/connector.ts'
import { type ConfigRecord, decodeConfigRecord, encodeConfigRecord } from '#server/core/config-record.ts'

const name = fc.string({ minLength: 1 })
const count = fc.nat(1000)
const config = fc.dictionary(fc.string(), fc.option(fc.string()))
const anyRecord: fc.Arbitrary<ConfigRecord> = fc.oneof(
  fc.record({ kind: fc.constant('connector' as const), connector: name, config: fc.option(config) }),
  fc.record({ kind: fc.constant('task' as const), id: fc.record({ connector: name, task: count }), config }),
  fc.record({ kind: fc.constant('commit' as const), connector: name, tasks: count }),
  fc.record({
    kind: fc.constant('target' as const),
    connector: name,
    target: fc.option(fc.constantFrom(...targetStates)),
  }),
  fc.record({
    kind: fc.constant('session-key' as const),
    sessionKey: fc.record({ key: fc.base64String(), algorithm: name, createdAt: fc.maxSafeNat() }),
  }),
  fc.record({
    kind: fc.constant('restart' as const),
    connector: name,
    includeTasks: fc.boolean(),
    onlyFailed: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('logger' as const), logger: name, level: name }),
  fc.record({ kind: fc.constant('fencing' as const), connector: name, tasks: count }),
  fc.record({
    kind: fc.constant('connector-log-level' as const),
    connector: name,
    set: fc.option(fc.record({ level: fc.constantFrom('DEBUG', 'OFF'), until: count })),
  }),
  fc.record({ kind: fc.constant('drain' as const), worker: name, askedAt: fc.option(fc.maxSafeNat()) }),
)

test('what is written is read again, whatever the names', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      expect(decodeConfigRecord(encodeConfigRecord(record))).toEqual(record)
    }),
  )
})

test('no text is fatal', () => {
  const prefix = fc.constantFrom('connector-', 'task-', 'commit-', 'target-state-', 'session-key', 'tasks-fencing-', '')
  const value = fc.option(fc.oneof(fc.json(), fc.string()))
  fc.assert(
    fc.property(prefix, fc.string(), value, (start, rest, value) => {
      decodeConfigRecord({ key: start + rest, value })
    }),
  )
})

test('a key of nobody is unknown, be it close to one of ours', () => {
  for (const key of ['', 'cluster-fingerprint', 'connector', 'tasks-0', 'Connector-a']) {
    expect(decodeConfigRecord({ key, value: '{}' })).toBe('unknown')
  }
})

describe('malformed is', () => {
  test.each([
    ['connector-a', 'not json'],
    ['connector-a', '[]'],
    ['connector-a', '{}'],
    ['connector-a', '{"properties":null}'],
    ['connector-a', '{"properties":[]}'],
    ['connector-a', '{"properties":{"tasks.max":1}}'],
    ['task-a', '{"properties":{}}'],
    ['task-a-x', '{"properties":{}}'],
    ['task-a-0', null],
    ['commit-a', null],
    ['commit-a', '{"tasks":-1}'],
    ['commit-a', '{"tasks":1.5}'],
    ['commit-a', '{"tasks":"1"}'],
    ['target-state-a', '{"state":"RUNNING"}'],
    ['target-state-a', '{"state.v2":"BROKEN","state":"PAUSED"}'],
    ['session-key', null],
    ['session-key', '{"key":"AA==","algorithm":"HmacSHA256"}'],
    ['session-keys', '{"key":"AA==","algorithm":"HmacSHA256","creation-timestamp":1}'],
    ['restart-connector-a', null],
    ['logger-cluster-root', '{"level":null}'],
    ['tasks-fencing-a', null],
    ['sluice-log-level-a', '{"level":"DEBUG"}'],
    ['sluice-log-level-a', '{"until":1}'],
    ['sluice-drain-a:1', '{}'],
    ['sluice-drain-a:1', '{"asked-at":-1}'],
  ])('%s: %s', (key, value) => {
    expect(decodeConfigRecord({ key, value })).toBe('malformed')
  })
})

test('the number of a task stands after the last dash', () => {
  expect(decodeConfigRecord({ key: 'task-a-1-12', value: '{"properties":{}}' })).toMatchObject({
    id: { connector: 'a-1', task: 12 },
  })
})

test('a target state of a worker from before STOPPED is understood, and STOPPED is PAUSED to such a worker', () => {
  const read = (value: string) => decodeConfigRecord({ key: 'target-state-a', value })
  expect(read('{"state":"PAUSED"}')).toMatchObject({ target: 'PAUSED' })
  expect(read('{"state":"PAUSED","state.v2":null}')).toMatchObject({ target: 'PAUSED' })
  expect(read('{"state":"PAUSED","state.v2":"STOPPED"}')).toMatchObject({ target: 'STOPPED' })
  expect(encodeConfigRecord({ kind: 'target', connector: 'a', target: 'STOPPED' }).value).toBe(
    '{"state":"PAUSED","state.v2":"STOPPED"}',
  )
})

test('flags that a restart request lacks are false', () => {
  expect(decodeConfigRecord({ key: 'restart-connector-a', value: '{"include-tasks":"yes"}' })).toEqual({
    kind: 'restart',
    connector: 'a',
    includeTasks: false,
    onlyFailed: false,
  })
})

test('S-22: properties named like those of every object are only properties', () => {
  const value = '{"properties":{"__proto__":"a","constructor":"b"}}'
  const record = decodeConfigRecord({ key: 'connector-a', value })
  expect(record).toMatchObject({ kind: 'connector' })
  if (typeof record === 'string' || record.kind !== 'connector' || !record.config) throw new Error('not a connector')
  expect(Object.getPrototypeOf(record.config)).toBeNull()
  expect(Object.entries(record.config)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  expect(encodeConfigRecord(record).value).toBe(value)
})
