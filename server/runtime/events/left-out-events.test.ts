import { expect, test } from 'vitest'
import type { NewEvent } from '#server/contract/events.ts'
import { createLeftOutEvents } from '#server/runtime/events/left-out-events.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const task = { connector: 'orders', task: 0 }

test('R-I19: what is left out is told at once, and what follows together a minute later', async () => {
  const clock = createFakeClock()
  const events: NewEvent[] = []
  const leftOut = createLeftOutEvents({ events: { write: (event) => void events.push(event) }, clock })
  leftOut.leftOut(task, 1, 'no such column', ['t-0@7'])
  leftOut.leftOut(task, 2, 'no such column', ['t-0@8', 't-0@9'])
  expect(events).toMatchObject([{ ...task, kind: 'left-out', level: 'WARN', detail: { count: 1, places: ['t-0@7'] } }])
  expect(events[0]?.message).toBe('Task orders-0 left out a record that it cannot put (t-0@7): no such column')
  await clock.pass(60_000)
  leftOut.leftOut(task, 1, 'too long', ['t-0@12'])
  expect(events[1]?.message).toBe('Task orders-0 left out 3 records that it cannot put (t-0@12, …): too long')
  // Who begins anew tells at once.
  leftOut.heard({ task }, 'RESTARTING')
  leftOut.leftOut(task, 1, 'too long', ['t-0@13'])
  expect(events).toHaveLength(3)
})
