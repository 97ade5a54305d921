import { expect, test } from 'vitest'
import type { Unfinished } from '#server/core/stall.ts'
import { createConnectorHooks } from '#server/runtime/pool/connector-hooks.ts'

function setup() {
  const told = new Map<string, Unfinished[]>()
  let now = 0
  const hooks = createConnectorHooks({
    tell: (connector, unfinished) => told.set(connector, unfinished),
    clock: { monotonic: () => now++ },
  })
  return { hooks, of: (connector: string) => told.get(connector)?.map(({ stage, since }) => `${stage} ${since}`) }
}

test('a connector has unfinished what began and is not over', () => {
  const { hooks, of } = setup()
  hooks.heard('t', 'a', 'creating', 0)
  hooks.heard('t', 'b', 'starting', 1)
  hooks.heard('t', 'a', null, 0)
  hooks.heard('t', 'a', 'starting', 2)
  expect(of('a')).toEqual(['starting 2'])
  expect(of('b')).toEqual(['starting 1'])
})

test('a thread that is gone has nothing under way, and its successor counts anew', () => {
  const { hooks, of } = setup()
  hooks.heard('t', 'a', 'starting', 0)
  hooks.heard('apart', 'b', 'starting', 0)
  hooks.lost('t')
  expect([of('a'), of('b')]).toEqual([[], ['starting 1']])
  hooks.heard('t', 'a', 'starting', 0)
  expect(of('a')).toEqual(['starting 2'])
})

test('what was abandoned is nothing of its successor, also when it comes back at last', () => {
  const { hooks, of } = setup()
  hooks.heard('t', 'a', 'stopping', 0)
  hooks.abandon('a')
  hooks.heard('t', 'a', 'starting', 1)
  hooks.heard('t', 'a', null, 0)
  expect(of('a')).toEqual(['starting 1'])
})

test('what keeps it from getting on is told with what it is in', () => {
  const told: Unfinished[][] = []
  const hooks = createConnectorHooks({ tell: (_, unfinished) => told.push(unfinished), clock: { monotonic: () => 7 } })
  hooks.heard('t', 'a', 'resolving the config of', 0)
  hooks.heard('t', 'a', 'resolving the config of', 1, 'nobody answers')
  expect(told.at(-1)).toEqual([
    { stage: 'resolving the config of', since: 7 },
    { stage: 'resolving the config of', since: 7, reason: 'nobody answers' },
  ])
})
