import { expect, test } from 'vitest'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'
import { watchTouch } from '#server/runtime/watch-touch.ts'

function watching(ask: () => Promise<boolean>) {
  const clock = createFakeClock()
  const over = new AbortController()
  const startedAt = clock.now()
  const lostAt: number[] = []
  const watched = watchTouch({
    ...{ clock, signal: over.signal, ask, since: startedAt },
    outOfTouchAt: (since) => since + 1_500,
    onOutOfTouch: async () => void lostAt.push(clock.now() - startedAt),
  })
  return { clock, over, lostAt, watched }
}

test('whoever answers is in touch', async () => {
  const { clock, lostAt } = watching(async () => true)
  await clock.pass(60_000)
  expect(lostAt).toEqual([])
})

test.each([
  ['says no', async () => false],
  ['does not answer at all', () => new Promise<boolean>(() => undefined)],
])('whoever %s is out of touch at the very time', async (_, ask) => {
  const { clock, over, lostAt, watched } = watching(ask)
  await clock.pass(1_499)
  expect(lostAt).toEqual([])
  await clock.pass(1)
  expect(lostAt).toEqual([1_500])
  over.abort()
  await watched
  await clock.pass(60_000)
  expect(lostAt).toEqual([1_500])
})
