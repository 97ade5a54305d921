import { expect, test } from 'vitest'
import { recoverySentence } from '#components/connectors/recovery-sentence.ts'
import type { Recovery } from '#server/contract/connector.ts'

const base: Recovery = {
  connector: 'orders',
  task: 0,
  worker: 'w:1',
  attempt: 3,
  attempts: 10,
  restartAt: 13_000,
  stays: null,
}

test('says when a restart is due, which one it is, and why there is none', () => {
  expect(recoverySentence(base, 1_000)).toBe('Task 0 starts again in 12 s (attempt 3 of 10).')
  expect(recoverySentence(base, 14_000)).toBe('Task 0 starts again now (attempt 3 of 10).')
  expect(recoverySentence({ ...base, restartAt: null, stays: 'spent' }, 0)).toContain('restarted 10 times')
  const { task: _, ...connector } = base
  expect(recoverySentence({ ...connector, restartAt: null, stays: 'fatal' }, 0)).toBe(
    'The connector is not restarted by itself: it would fail in the same way.',
  )
})
