import { expect, test } from 'vitest'
import { createConfigFold } from '#server/core/config-fold.ts'
import { wantedConnectors, wantedTasks } from '#server/core/wanted-work.ts'

const held = { connectors: ['orders'], tasks: [0, 1].map((task) => ({ connector: 'orders', task })) }

function configured() {
  const fold = createConfigFold()
  fold.apply({ kind: 'connector', connector: 'orders', config: { topic: 'a' } }, 0)
  for (const task of [0, 1]) fold.apply({ kind: 'task', id: { connector: 'orders', task }, config: {} }, 1 + task)
  fold.apply({ kind: 'commit', connector: 'orders', tasks: 2 }, 3)
  return fold
}

test('a held connector and its tasks are wanted with the positions of their configs', () => {
  const { state } = configured()
  expect([...wantedConnectors(state, held)]).toEqual([['orders', { version: 0, target: 'STARTED' }]])
  expect([...wantedTasks(state, held)]).toEqual([
    ['orders-0', { version: 3, target: 'STARTED' }],
    ['orders-1', { version: 3, target: 'STARTED' }],
  ])
})

test('what was deleted is wanted no more although it is still held', () => {
  const fold = configured()
  fold.apply({ kind: 'connector', connector: 'orders', config: null }, 4)
  expect(wantedConnectors(fold.state, held).size).toBe(0)
  expect(wantedTasks(fold.state, held).size).toBe(0)
})

test('a paused connector and its tasks stay, paused; of a stopped one only the connector stays', () => {
  const fold = configured()
  fold.apply({ kind: 'target', connector: 'orders', target: 'PAUSED' }, 4)
  expect(wantedTasks(fold.state, held).get('orders-0')).toEqual({ version: 3, target: 'PAUSED' })
  fold.apply({ kind: 'target', connector: 'orders', target: 'STOPPED' }, 5)
  expect(wantedConnectors(fold.state, held).get('orders')).toEqual({ version: 0, target: 'STOPPED' })
  expect(wantedTasks(fold.state, held).size).toBe(0)
})

test('tasks of an incomplete set run nowhere', () => {
  const fold = configured()
  fold.apply({ kind: 'task', id: { connector: 'orders', task: 0 }, config: {} }, 4)
  fold.apply({ kind: 'commit', connector: 'orders', tasks: 2 }, 5)
  expect(wantedTasks(fold.state, held).size).toBe(0)
})

test('a task that the config no longer has is not wanted', () => {
  const fold = configured()
  fold.apply({ kind: 'task', id: { connector: 'orders', task: 0 }, config: {} }, 4)
  fold.apply({ kind: 'commit', connector: 'orders', tasks: 1 }, 5)
  expect([...wantedTasks(fold.state, held).keys()]).toEqual(['orders-0'])
})
