import { expect, test } from 'vitest'
import { drainChoices, drainWords } from '#components/workers/drain-choices.ts'
import type { ClusterView, Drain } from '#server/contract/connector.ts'

const worker = (id: string, tasks: number) => ({
  ...{ id, url: `http://${id}`, leader: false, connectors: ['c'] },
  tasks: Array.from({ length: tasks }, (_, task) => ({ connector: 'c', task })),
})
const drain = (id: string, rest: Partial<Drain> = {}): Drain => ({
  ...{ worker: id, askedAt: 0, state: 'draining', left: 3, waitsFor: null },
  ...rest,
})
const view = (rest: Partial<ClusterView>): ClusterView => ({
  ...{
    source: 'leader',
    groupId: 'g',
    generation: 1,
    protocol: 'sessioned',
    drains: [],
    lastRebalance: null,
    delayMs: 0,
  },
  workers: [worker('a:1', 2), worker('b:1', 0)],
  ...rest,
})

test('a worker can be drained while another one takes work, and says how much it would hand over', () => {
  expect(drainChoices(view({}))).toMatchObject([
    { worker: 'a:1', pieces: 3, takers: 1, refusal: null },
    { worker: 'b:1', pieces: 1, takers: 1, refusal: null },
  ])
})

test('the last one that takes work cannot, nor any where a JVM worker leads', () => {
  const [a, b] = drainChoices(view({ drains: [drain('b:1')] }))
  expect(a?.refusal).toContain('nowhere to go')
  expect(b).toMatchObject({ refusal: null, drain: { state: 'draining' } })
  expect(drainChoices(view({ workers: [worker('a:1', 1)] }))[0]?.refusal).toContain('the only worker')
  expect(drainChoices(view({ source: 'statuses' }))[0]?.refusal).toContain('Apache Kafka Connect leads')
})

test('drained workers that are away are listed too, so that they can be put back', () => {
  expect(drainChoices(view({ drains: [drain('z:1', { state: 'absent', left: 0 })] })).at(-1)).toMatchObject({
    worker: 'z:1',
    refusal: null,
    drain: { state: 'absent' },
  })
})

test.each([
  [drain('a:1'), 'draining, 3 left'],
  [drain('a:1', { state: 'drained' }), 'drained'],
  [drain('a:1', { state: 'absent' }), 'drained, not in the group'],
  [drain('a:1', { state: 'waiting', waitsFor: 'leader' }), 'drain waits: a JVM worker leads'],
  [drain('a:1', { state: 'waiting', waitsFor: 'worker' }), 'drain waits: nobody else takes work'],
])('%j is said in a few words', (given, words) => {
  expect(drainWords(given)).toBe(words)
})
