import { expect, test } from 'vitest'
import type { EventEntry } from '#server/contract/events.ts'
import { createAttempts } from '#server/runtime/events/attempts.ts'

const id = { connector: 'c', task: 0 }
const said = (more: Partial<EventEntry>): EventEntry => ({
  ...{ id: '0-0', at: 0, kind: 'state', level: 'INFO', worker: 'w:1', message: '', connector: 'c', task: 0 },
  ...more,
})

test('counts on from what any worker said of the task', () => {
  const attempts = createAttempts()
  expect(attempts.current(id)).toBeUndefined()
  attempts.begin(id)
  expect(attempts.current(id)).toBe(1)
  attempts.seen(said({ attempt: 7 }))
  attempts.seen(said({ attempt: 4 }))
  attempts.seen(said({ attempt: 9, task: 1 }))
  expect(attempts.current(id)).toBe(1)
  attempts.begin(id)
  expect(attempts.current(id)).toBe(8)
})

test('begins anew with a connector that takes the name of a deleted one', () => {
  const attempts = createAttempts()
  attempts.seen(said({ attempt: 3 }))
  attempts.seen(said({ kind: 'config', detail: { change: 'deleted' } }))
  attempts.begin(id)
  expect(attempts.current(id)).toBe(1)
  attempts.forget('c')
  expect(attempts.current(id)).toBeUndefined()
})
