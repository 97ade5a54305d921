import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instanceStates } from '#server/contract/connector.ts'
import { decodeStatusRecord, encodeStatusRecord, type StatusRecord } from '#server/core/status-record.ts'

const name = fc.string({ minLength: 1 })
const status = fc.option(
  fc.record({
    state: fc.constantFrom(...instanceStates),
    trace: fc.option(fc.string()),
    workerId: fc.string(),
    generation: fc.nat(),
    version: fc.option(fc.string()),
  }),
)
const anyRecord: fc.Arbitrary<StatusRecord> = fc.oneof(
  fc.record({ kind: fc.constant('connector' as const), connector: name, status }),
  fc.record({ kind: fc.constant('task' as const), id: fc.record({ connector: name, task: fc.nat(1000) }), status }),
  fc
    .record({
      topic: fc.stringMatching(/^[a-zA-Z0-9._-]+$/),
      connector: name,
      use: fc.option(fc.record({ task: fc.nat(), discoveredAt: fc.maxSafeNat() })),
    })
    .map(({ topic, connector, use }) => ({
      kind: 'topic' as const,
      topic,
      connector,
      use: use && { topic, connector, ...use },
    })),
)

test('what is written is read again, whatever the names', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      expect(decodeStatusRecord(encodeStatusRecord(record))).toEqual(record)
    }),
  )
})

test('no text is fatal', () => {
  const prefix = fc.constantFrom('status-connector-', 'status-task-', 'status-topic-', '')
  fc.assert(
    fc.property(prefix, fc.string(), fc.option(fc.oneof(fc.json(), fc.string())), (start, rest, value) => {
      decodeStatusRecord({ key: start + rest, value })
    }),
  )
})

test.each([
  ['cluster-status', '{}', 'unknown'],
  ['status-connector-a', '{}', 'malformed'],
  ['status-connector-a', '{"state":"DESTROYED","worker_id":"w","generation":1}', 'malformed'],
  ['status-connector-a', '{"state":"RUNNING","generation":1}', 'malformed'],
  ['status-connector-a', '{"state":"RUNNING","worker_id":"w"}', 'malformed'],
  ['status-task-a', null, 'malformed'],
  ['status-task-a-0', 'x', 'malformed'],
  ['status-topic-t', null, 'malformed'],
  ['status-topic-:connector-a', null, 'malformed'],
  ['status-topic-t:connector-a', '{"topic":{"task":0}}', 'malformed'],
])('%s with %s is %s', (key, value, what) => {
  expect(decodeStatusRecord({ key, value })).toBe(what)
})

test('a status from before versions were kept is understood', () => {
  const value = '{"state":"RUNNING","trace":null,"worker_id":"w:8083","generation":3}'
  expect(decodeStatusRecord({ key: 'status-connector-a', value })).toMatchObject({ status: { version: null } })
})
