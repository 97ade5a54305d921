import { expect, test } from 'vitest'
import type { NewEvent } from '#server/contract/events.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createStallWatch } from '#server/runtime/herder/stall-watch.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const task = { connector: 'orders', task: 0 }

function setup(intervalMs = 1_000) {
  const clock = createFakeClock()
  const events: NewEvent[] = []
  const over = new AbortController()
  const watch = createStallWatch({
    intervalOf: () => intervalMs,
    workerId: () => 'me:1',
    events: { write: (event) => void events.push(event) },
    clock,
    signal: over.signal,
    logger: quietLogger,
  })
  const kinds = () => events.map(({ kind }) => kind)
  return { clock, events, kinds, watch, over }
}

test('a task is stalled once it has not come back for the interval, said once, and no more when it comes back', async () => {
  const { clock, events, kinds, watch } = setup()
  const since = clock.now()
  const put = () => watch.progress([{ task, unfinished: [{ stage: 'putting records into', since }], at: clock.now() }])
  put()
  await clock.pass(900)
  put()
  expect(watch.current()).toEqual([])
  await clock.pass(100)
  put()
  await clock.pass(500)
  put()
  const stall = { stage: 'put', since, reason: 'it has not come back' }
  expect(watch.current()).toEqual([{ ...task, worker: 'me:1', ...stall, intervalMs: 1_000 }])
  expect(kinds()).toEqual(['stalled'])
  expect(events[0]).toMatchObject({ ...task, level: 'WARN', detail: { ...stall, intervalMs: 1_000 } })
  watch.progress([{ task, unfinished: [], at: clock.now() }])
  expect(watch.current()).toEqual([])
  expect(kinds()).toEqual(['stalled', 'progress'])
  expect(events[1]?.detail).toEqual({ stalledForMs: 1_500 })
})

test('I8: a poll that was asked a moment before its thread told of it is not judged by what passed since', async () => {
  const { clock, kinds, watch } = setup()
  const since = clock.now()
  await clock.pass(1_000)
  watch.progress([{ task, unfinished: [{ stage: 'polling', since, askedAt: clock.now() }], at: clock.now() }])
  // The worker looks several times before the thread tells that the poll came back.
  await clock.pass(900)
  expect(watch.current()).toEqual([])
  watch.progress([{ task, unfinished: [{ stage: 'polling', since: since + 1_000, askedAt: null }], at: clock.now() }])
  expect(kinds()).toEqual([])
})

test('I8: a hook that its thread saw for less than the interval is not judged by what passed since', async () => {
  const { clock, kinds, watch } = setup()
  watch.progress([{ task, unfinished: [{ stage: 'putting records into', since: clock.now() - 900 }], at: clock.now() }])
  await clock.pass(200)
  watch.progress([{ task, unfinished: [], at: clock.now() }])
  expect(kinds()).toEqual([])
})

test('G-R4: a task whose thread says nothing any more is stalled within twice the interval', async () => {
  const { clock, watch } = setup()
  watch.progress([{ task, unfinished: [], at: clock.now() }])
  await clock.pass(900)
  expect(watch.current()).toEqual([])
  await clock.pass(1_100)
  expect(watch.current()).toMatchObject([{ stage: 'run', reason: 'its thread answers nothing' }])
})

test('a task that failed or went elsewhere is not stalled, a paused one is watched on', async () => {
  const { clock, watch } = setup()
  const put = (): void =>
    watch.progress([{ task, unfinished: [{ stage: 'flushing', since: clock.now() - 5_000 }], at: clock.now() }])
  put()
  watch.heard({ task }, 'PAUSED')
  expect(watch.current()).toHaveLength(1)
  for (const state of ['FAILED', 'UNASSIGNED', 'RESTARTING', 'GONE'] as const) {
    put()
    watch.heard({ task }, state)
    expect(watch.current()).toEqual([])
  }
})

test('an interval of 0 asks for no verdict', async () => {
  const { clock, watch } = setup(0)
  watch.progress([{ task, unfinished: [{ stage: 'flushing', since: 0 }], at: clock.now() }])
  await clock.pass(100_000)
  expect(watch.current()).toEqual([])
})

test('I12: nothing ticks once no task is left', async () => {
  const { clock, watch } = setup()
  watch.progress([{ task, unfinished: [], at: clock.now() }])
  watch.heard({ task }, 'GONE')
  await clock.pass(1_000)
  expect(clock.sleeping()).toEqual([])
})

test('R-I04: a connector that does not come back from a hook is stalled there by itself, until it does', async () => {
  const { clock, events, watch } = setup()
  const since = clock.now()
  watch.connectorProgress('orders', [{ stage: 'starting', since }])
  await clock.pass(900)
  expect(watch.current()).toEqual([])
  await clock.pass(1_000)
  const stall = { stage: 'start', since, reason: 'it has not come back' }
  expect(watch.current()).toEqual([{ connector: 'orders', worker: 'me:1', ...stall, intervalMs: 1_000 }])
  expect(events).toMatchObject([{ kind: 'stalled', connector: 'orders', detail: stall }])
  expect(events[0]?.message).toMatch(/^Connector orders is stalled in start since /)
  watch.connectorProgress('orders', [])
  expect(watch.current()).toEqual([])
  expect(events.map(({ message }) => message)[1]).toMatch(/^Connector orders makes progress again/)
  await clock.pass(1_000)
  expect(clock.sleeping()).toEqual([])
})

test('R-I04: a connector whose tasks cannot be made is stalled with the reason, also while it goes on with those that it has', async () => {
  const { clock, kinds, watch } = setup()
  const since = clock.now()
  watch.makingTasks('orders', 'no such table')
  await clock.pass(600)
  watch.heard({ connector: 'orders' }, 'RUNNING')
  watch.makingTasks('orders', 'still no such table')
  await clock.pass(600)
  const stall = { stage: 'taskConfigs', since, reason: 'still no such table' }
  expect(watch.current()).toMatchObject([{ connector: 'orders', ...stall }])
  watch.makingTasks('orders', null)
  expect(watch.current()).toEqual([])
  expect(kinds()).toEqual(['stalled', 'progress'])
})

test('a connector that hangs on its way to a pause is stalled on, one that failed is not', async () => {
  const { clock, watch } = setup()
  watch.connectorProgress('orders', [{ stage: 'stopping', since: clock.now() }])
  watch.makingTasks('orders', 'no such table')
  await clock.pass(2_000)
  watch.heard({ connector: 'orders' }, 'PAUSED')
  expect(watch.current()).toMatchObject([{ stage: 'stop' }])
  watch.heard({ connector: 'orders' }, 'FAILED')
  expect(watch.current()).toEqual([])
})
