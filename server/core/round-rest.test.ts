import { expect, test } from 'vitest'
import { restAfterRoundMs } from '#server/core/round-rest.ts'
import { noWork } from '#server/core/work.ts'

const connectorsOf = (count: number) => ({ ...noWork, connectors: Array.from({ length: count }, (_, n) => `c${n}`) })

test('a worker with little to run goes on at once, one with much gathers changes, and none for longer than a moment', () => {
  expect(restAfterRoundMs(noWork)).toBe(0)
  expect(restAfterRoundMs(connectorsOf(20))).toBeLessThan(1)
  expect(restAfterRoundMs(connectorsOf(2_000))).toBe(50)
  expect(restAfterRoundMs(connectorsOf(100_000))).toBe(250)
})
