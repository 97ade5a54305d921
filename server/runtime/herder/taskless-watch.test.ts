import { expect, test } from 'vitest'
import type { NewEvent } from '#server/contract/events.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createTasklessWatch } from '#server/runtime/herder/taskless-watch.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

function setup() {
  const clock = createFakeClock()
  const events: NewEvent[] = []
  let tasks = 0
  const watch = createTasklessWatch({
    taskCount: () => tasks,
    workerId: () => 'me:1',
    events: { write: (event) => void events.push(event) },
    clock,
    logger: quietLogger,
  })
  const have = (count: number) => {
    tasks = count
  }
  const told = () => events.map(({ kind, detail }) => `${kind} ${detail?.why ?? ''}`.trim())
  return { clock, watch, told, have }
}

const orders = { connector: 'orders' }

test('R-I04: a connector that made no tasks is said to run without any, once, until it has some', async () => {
  const { clock, watch, told } = setup()
  const since = clock.now()
  watch.made('orders', 0)
  await clock.pass(1_000)
  watch.made('orders', 0)
  expect(watch.current()).toMatchObject([{ ...orders, worker: 'me:1', why: 'none-made', since }])
  expect(told()).toEqual(['no-tasks none-made'])
  watch.made('orders', 2)
  expect(watch.current()).toEqual([])
  expect(told()).toEqual(['no-tasks none-made', 'progress'])
})

test('R-I04: one that cannot make any is told apart from one that made none', async () => {
  const { watch, told } = setup()
  watch.failing('orders', 'no such table')
  watch.failing('orders', 'no such schema')
  expect(watch.current()).toMatchObject([{ ...orders, why: 'failing', reason: 'no such schema' }])
  watch.made('orders', 0)
  expect(watch.current()).toMatchObject([{ ...orders, why: 'none-made' }])
  expect(told()).toEqual(['no-tasks failing', 'no-tasks none-made'])
})

test('one that cannot make new tasks goes on with those that it has', () => {
  const { watch, told, have } = setup()
  have(3)
  watch.failing('orders', 'no such table')
  expect(watch.current()).toEqual([])
  expect(told()).toEqual([])
})

test('one that is put to rest, failed or went elsewhere is not missing any tasks', () => {
  const { watch } = setup()
  for (const state of ['PAUSED', 'STOPPED', 'FAILED', 'UNASSIGNED', 'RESTARTING', 'GONE'] as const) {
    watch.made('orders', 0)
    watch.heard(orders, 'RUNNING')
    watch.heard({ task: { connector: 'orders', task: 0 } }, 'GONE')
    expect(watch.current()).toHaveLength(1)
    watch.heard(orders, state)
    expect(watch.current()).toEqual([])
  }
})
