import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InstanceState, instanceStates } from '#server/contract/connector.ts'
import { createStatusFold, maySafelyPut } from '#server/core/status-fold.ts'
import type { StatusRecord, StoredStatus } from '#server/core/status-record.ts'

const said = (state: InstanceState, workerId: string, generation: number): StoredStatus => ({
  state,
  workerId,
  generation,
  trace: null,
  version: null,
})

/** What is known of an instance after these words; connectors and tasks follow one rule. */
const kinds = {
  connector: (...statuses: (StoredStatus | null)[]) => {
    const fold = createStatusFold()
    for (const status of statuses) fold.apply({ kind: 'connector', connector: 'a', status })
    return fold.state.connectors.get('a')
  },
  task: (...statuses: (StoredStatus | null)[]) => {
    const fold = createStatusFold()
    for (const status of statuses) fold.apply({ kind: 'task', id: { connector: 'a', task: 0 }, status })
    return fold.state.tasks.get('a-0')?.status
  },
}

describe.each(Object.entries(kinds))('of a %s', (_, lastWord) => {
  test('I8: the UNASSIGNED of an older owner never hides the RUNNING of a newer one, however late it is read', () => {
    const generation = fc.nat(5)
    fc.assert(
      fc.property(generation, generation, (one, other) => {
        const older = said('UNASSIGNED', 'old:8083', Math.min(one, other))
        const newer = said('RUNNING', 'new:8083', Math.max(one, other))
        expect(lastWord(newer, older)).toEqual(newer)
        expect(lastWord(older, newer)).toEqual(newer)
      }),
    )
  })

  test('its owner says itself that it let go', () => {
    const goodbye = said('UNASSIGNED', 'w:8083', 3)
    expect(lastWord(said('RUNNING', 'w:8083', 3), goodbye)).toEqual(goodbye)
  })

  test('a later generation may say that a lost owner no longer runs it', () => {
    const verdict = said('UNASSIGNED', 'leader:8083', 4)
    expect(lastWord(said('RUNNING', 'lost:8083', 3), verdict)).toEqual(verdict)
  })

  test('any other state is the last word, whoever said it in whatever generation', () => {
    const status = fc.record({
      state: fc.constantFrom(...instanceStates.filter((state) => state !== 'UNASSIGNED')),
      workerId: fc.constantFrom('a', 'b'),
      generation: fc.nat(3),
    })
    fc.assert(
      fc.property(fc.array(status, { minLength: 1 }), (all) => {
        const statuses = all.map(({ state, workerId, generation }) => said(state, workerId, generation))
        expect(lastWord(...statuses)).toEqual(statuses.at(-1))
      }),
    )
  })

  test('a tombstone takes everything back', () => {
    expect(lastWord(said('FAILED', 'w', 9), null)).toBeUndefined()
    expect(lastWord(said('RUNNING', 'new', 9), null, said('UNASSIGNED', 'old', 1))).toEqual(
      said('UNASSIGNED', 'old', 1),
    )
  })
})

test('compaction changes nothing as long as nobody says goodbye late', () => {
  const anyRecord = fc.constantFrom<StatusRecord>(
    { kind: 'connector', connector: 'a', status: said('RUNNING', 'w', 1) },
    { kind: 'connector', connector: 'a', status: null },
    { kind: 'task', id: { connector: 'a', task: 0 }, status: said('FAILED', 'w', 1) },
    { kind: 'task', id: { connector: 'a', task: 0 }, status: null },
    { kind: 'topic', topic: 't', connector: 'a', use: { topic: 't', connector: 'a', task: 0, discoveredAt: 5 } },
    { kind: 'topic', topic: 't', connector: 'a', use: null },
  )
  const keyOf = (record: StatusRecord) => record.kind
  const stateAfter = (records: readonly StatusRecord[]) => {
    const fold = createStatusFold()
    for (const record of records) fold.apply(record)
    return fold.state
  }
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 20 }), fc.nat(20), (history, cleanedTo) => {
      const newest = new Map(history.slice(0, cleanedTo).map((record, at) => [keyOf(record), at]))
      const compacted = history.filter((record, at) => at >= cleanedTo || newest.get(keyOf(record)) === at)
      expect(stateAfter(compacted)).toEqual(stateAfter(history))
    }),
  )
})

test('topics stand under the connectors that use them; a connector without any is gone', () => {
  const { state, apply } = createStatusFold()
  const use = (topic: string, connector: string) => ({ topic, connector, task: 0, discoveredAt: 1 })
  apply({ kind: 'topic', topic: 't1', connector: 'a', use: use('t1', 'a') })
  apply({ kind: 'topic', topic: 't2', connector: 'a', use: use('t2', 'a') })
  apply({ kind: 'topic', topic: 't1', connector: 'b', use: use('t1', 'b') })
  expect([...(state.topics.get('a')?.keys() ?? [])]).toEqual(['t1', 't2'])
  apply({ kind: 'topic', topic: 't1', connector: 'b', use: null })
  apply({ kind: 'topic', topic: 't9', connector: 'b', use: null })
  expect([...state.topics.keys()]).toEqual(['a'])
})

test('I8: FAILED and UNASSIGNED are written over nothing, over their own words and over those of no later generation', () => {
  const mine = { workerId: 'me:8083', generation: 4 }
  expect(maySafelyPut(undefined, mine)).toBe(true)
  expect(maySafelyPut(said('RUNNING', 'me:8083', 9), mine)).toBe(true)
  expect(maySafelyPut(said('RUNNING', 'other:8083', 3), mine)).toBe(true)
  expect(maySafelyPut(said('RUNNING', 'other:8083', 4), mine)).toBe(true)
  expect(maySafelyPut(said('RUNNING', 'other:8083', 5), mine)).toBe(false)
})
