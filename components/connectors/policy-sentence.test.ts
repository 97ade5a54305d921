import { expect, test } from 'vitest'
import { policySentences } from '#components/connectors/policy-sentence.ts'

test('says what happens by itself, and what does not', () => {
  const restart = { attempts: 10, firstDelayMs: 1_000, mostDelayMs: 300_000, healthyMs: 600_000 }
  expect(policySentences({ restart, stallIntervalMs: 60_000 })).toEqual([
    'What fails starts again by itself, up to 10 times in a row, after 1 s at first and 5 min at most.',
    'A task without progress for 1 min counts as stalled.',
  ])
  expect(policySentences({ restart: null, stallIntervalMs: 0 })).toEqual([
    'What fails waits for a person.',
    'No task counts as stalled.',
  ])
})
