import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Child, type ChildEvent, healthyAfterMs, newChild, nextChild } from '#server/core/child-state.ts'

const after = (...events: ChildEvent[]): Child => events.reduce(nextChild, newChild)
const start: ChildEvent = { type: 'start-asked' }
const ready = (at: number): ChildEvent => ({ type: 'ready', pid: 7, at })
const exit = (at: number): ChildEvent => ({ type: 'exited', at, exit: 'SIGKILL' })

test('I10: a child that dies comes back by itself', () => {
  const dead = after(start, ready(0), exit(1_000))
  expect(dead.now).toEqual({ state: 'restarting', retryAt: 1_250, exit: 'SIGKILL' })
  expect(nextChild(dead, { type: 'retry-due' }).now).toEqual({ state: 'starting' })
})

test('a child that keeps dying is tried less and less often, never less than every ten seconds', () => {
  let child = after(start)
  const delays: number[] = []
  for (let n = 0; n < 10; n++) {
    child = nextChild(child, exit(0))
    if (child.now.state === 'restarting') delays.push(child.now.retryAt)
    child = nextChild(child, { type: 'retry-due' })
  }
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000])
})

test('a healthy life forgets earlier deaths', () => {
  const child = after(start, exit(0), { type: 'retry-due' }, ready(1_000), exit(1_000 + healthyAfterMs))
  expect(child).toMatchObject({ deaths: 2, recentDeaths: 1 })
})

test('a stop asked for stays a stop, whenever it comes', () => {
  expect(after(start, ready(0), { type: 'stop-asked' }, exit(5)).now).toEqual({ state: 'stopped' })
  expect(after(start, { type: 'stop-asked' }, ready(1), exit(5)).now).toEqual({ state: 'stopped' })
  expect(after(start, exit(0), { type: 'stop-asked' }, { type: 'retry-due' }).now).toEqual({ state: 'stopped' })
})

test('no order of events leads from stopped to anything but starting', () => {
  const events = fc.constantFrom<ChildEvent>(start, ready(1), { type: 'stop-asked' }, exit(2), { type: 'retry-due' })
  fc.assert(
    fc.property(fc.array(events), events, (history, event) => {
      const before = after(...history)
      if (before.now.state !== 'stopped') return true
      return ['stopped', 'starting'].includes(nextChild(before, event).now.state)
    }),
  )
})
