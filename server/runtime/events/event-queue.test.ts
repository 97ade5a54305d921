import { expect, test } from 'vitest'
import { createEventQueue } from '#server/runtime/events/event-queue.ts'

const event = (n: number) => ({ key: '', value: String(n) })
const values = (events: readonly { value: string }[]) => events.map(({ value }) => Number(value))

test('I12: the oldest go when there are too many, and are counted once', () => {
  const queue = createEventQueue({ entries: 3, bytes: 1_000 })
  for (let n = 1; n <= 5; n++) queue.add(event(n))
  expect(queue.size).toBe(3)
  expect(queue.takeDropped()).toBe(2)
  expect(queue.takeDropped()).toBe(0)
  expect(values(queue.take(10))).toEqual([3, 4, 5])
})

test('I12: and when they take too many bytes', () => {
  const queue = createEventQueue({ entries: 100, bytes: 10 })
  for (let n = 0; n < 4; n++) queue.add({ key: 'k', value: 'xxx' })
  expect(queue.size).toBe(2)
  queue.add({ key: 'k', value: 'x'.repeat(20) })
  expect(queue.size).toBe(0)
  expect(queue.takeDropped()).toBe(5)
})

test('what could not be written goes back to where it was', () => {
  const queue = createEventQueue({ entries: 3, bytes: 1_000 })
  for (let n = 1; n <= 3; n++) queue.add(event(n))
  const taken = queue.take(2)
  queue.add(event(4))
  queue.giveBack(taken)
  expect(values(queue.take(10))).toEqual([2, 3, 4])
  expect(queue.takeDropped()).toBe(1)
})
