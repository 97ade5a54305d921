import { expect, test } from 'vitest'
import { stallSentence } from '#components/connectors/stall-sentence.ts'

const stall = {
  ...{ connector: 'c', task: 1, worker: 'w:1', stage: 'put', since: 1_000, reason: 'it has not come back' },
  intervalMs: 60_000,
}

test('says what hangs, how long and why', () => {
  expect(stallSentence(stall, 241_000)).toBe('Task 1 has been in put for 4 min: it has not come back.')
  expect(stallSentence(stall, undefined)).toBe('Task 1 has been in put: it has not come back.')
})
