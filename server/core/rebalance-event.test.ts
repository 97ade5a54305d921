import { expect, test } from 'vitest'
import type { Rebalance } from '#server/contract/assignments.ts'
import { decodeEvent, encodeEvent, withinLimits } from '#server/core/event-record.ts'
import { describeRebalance, isAbout, pastRebalance, rebalanceEvent } from '#server/core/rebalance-event.ts'

const rebalance: Rebalance = {
  ...{ at: 1_000, tookMs: 40, generation: 7, rounds: 2, leader: 'a:1', movesLeftOut: 0 },
  causes: [
    { kind: 'lost', workers: ['b:1'] },
    { kind: 'created', connectors: ['d'] },
  ],
  moves: [
    { connector: 'c', task: 0, from: 'b:1', to: 'a:1', downMs: 120 },
    { connector: 'c', task: 1, from: 'b:1', to: 'a:1', downMs: null },
    { connector: 'd', from: null, to: 'a:1', downMs: null },
  ],
}

/** As another worker reads it of the topic. */
function throughTopic(given: Rebalance) {
  const event = rebalanceEvent(given)
  const { value } = encodeEvent(withinLimits({ ...event, at: event.at ?? 0, worker: 'a:1' }))
  const read = decodeEvent(value)
  return { value, past: read && pastRebalance({ ...read, id: '0-5' }) }
}

test('a rebalance is read of the events topic as it was written', () => {
  expect(throughTopic(rebalance).past).toEqual({ ...rebalance, id: '0-5' })
})

test('I12: of ten thousand moves as many are kept as an entry holds, and the rest is counted', () => {
  const moves = Array.from({ length: 10_000 }, (_, task) => ({
    ...rebalance.moves[0],
    connector: 'c'.repeat(40),
    task,
  }))
  const { value, past } = throughTopic({ ...rebalance, moves: moves as Rebalance['moves'] })
  expect(value.length).toBeLessThan(64 * 1024)
  expect(past?.moves.length).toBeGreaterThan(100)
  expect((past?.moves.length ?? 0) + (past?.movesLeftOut ?? 0)).toBe(10_000)
})

test('is told in one sentence', () => {
  expect(describeRebalance(rebalance)).toBe(
    'Rebalance, because b:1 stopped answering; d was created: 2 moved, 1 started, at most 120 ms down (40 ms)',
  )
  expect(describeRebalance({ ...rebalance, causes: [{ kind: 'share' }], moves: [] })).toBe(
    'Rebalance, because the share of the work changed: nothing moved (40 ms)',
  )
})

test('is about the connectors and workers that it moved or came of', () => {
  expect([{}, { connector: 'c' }, { connector: 'd', worker: 'b:1' }].map((asked) => isAbout(rebalance, asked))).toEqual(
    [...[true, true, true]],
  )
  expect(
    [{ connector: 'e' }, { worker: 'z:1' }, { connector: 'c', worker: 'z:1' }].map((asked) =>
      isAbout(rebalance, asked),
    ),
  ).toEqual([...[false, false, false]])
})

test.each([
  ['no detail', undefined],
  ['what was too long', { truncated: true }],
  ['a move without a place', { ...rebalance, moves: [{ connector: 'c' }] }],
  ['a cause that names numbers', { ...rebalance, causes: [{ kind: 'lost', workers: [1] }] }],
])('an entry with %s tells of none', (_, detail) => {
  const entry = { id: '0-1', at: 1, level: 'INFO', worker: 'x', message: 'm', kind: 'rebalance' } as const
  expect(pastRebalance({ ...entry, ...(detail && { detail: { ...detail } }) })).toBeUndefined()
})
