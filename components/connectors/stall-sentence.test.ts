import { expect, test } from 'vitest'
import { stallSentence, tasklessSentence } from '#components/connectors/stall-sentence.ts'

const stall = {
  ...{ connector: 'c', task: 1, worker: 'w:1', stage: 'put', since: 1_000, reason: 'it has not come back' },
  intervalMs: 60_000,
}

test('says what hangs, how long and why', () => {
  expect(stallSentence(stall, 241_000)).toBe('Task 1 has been in put for 4 min: it has not come back.')
  expect(stallSentence(stall, undefined)).toBe('Task 1 has been in put: it has not come back.')
})

test('says of a connector that it hangs itself', () => {
  const { task: _, ...connector } = { ...stall, stage: 'start' }
  expect(stallSentence(connector, 241_000)).toBe('The connector has been in start for 4 min: it has not come back.')
})

test('says why a connector has no tasks, and what would change that', () => {
  const taskless = { connector: 'c', worker: 'w:1', since: 1_000 }
  expect(tasklessSentence({ ...taskless, why: 'none-made', reason: 'it made none' }, 241_000)).toBe(
    'It has had no tasks for 4 min: it made none. It is asked again when it wishes so itself, and when its config changes.',
  )
  expect(tasklessSentence({ ...taskless, why: 'failing', reason: 'no such table' }, undefined)).toBe(
    'It has had no tasks, because they cannot be made: no such table. It is asked again by itself.',
  )
})
