import { expect, test } from 'vitest'
import { createStages, summarize } from '#server/runtime/stages.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const beganAt = Date.parse('2026-01-01T00:00:00.000Z')

test('of several stages the newest is told, then the ones that go on, then the last that ended', async () => {
  const clock = createFakeClock(beganAt)
  const stages = createStages(clock)
  expect(summarize(stages.current())).toBe('')
  const outer = Promise.withResolvers<string>()
  const inner = Promise.withResolvers<void>()
  const first = stages.run('starting', () => outer.promise)
  await clock.pass(1000)
  const second = stages.run('reading', () => inner.promise)
  expect(stages.current()).toMatchObject({ description: 'reading', startedAt: beganAt + 1000 })
  inner.resolve()
  await second
  expect(summarize(stages.current())).toBe('The worker is currently starting, which began at 2026-01-01T00:00:00.000Z.')
  await clock.pass(1000)
  outer.resolve('done')
  expect(await first).toBe('done')
  expect(summarize(stages.current())).toBe(
    'The last operation the worker completed was starting, which began at 2026-01-01T00:00:00.000Z and completed at 2026-01-01T00:00:02.000Z.',
  )
})

test('a stage that fails is over too, and its error reaches the caller', async () => {
  const stages = createStages(createFakeClock(beganAt))
  await expect(stages.run('failing', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(stages.current()).toMatchObject({ description: 'failing', completedAt: beganAt })
})
