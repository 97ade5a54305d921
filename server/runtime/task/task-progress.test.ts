import { expect, test } from 'vitest'
import { createTaskProgress } from '#server/runtime/task/task-progress.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

function setup() {
  const clock = createFakeClock(0)
  return { clock, progress: createTaskProgress(clock, async (_, hook) => hook()) }
}

test('knows a hook from its beginning to its end, also when it throws', async () => {
  const { clock, progress } = setup()
  const { promise, reject } = Promise.withResolvers<void>()
  const put = progress.during('putting records into', () => promise)
  await clock.pass(100)
  expect(progress.unfinished()).toEqual([{ stage: 'putting records into', since: 0 }])
  reject(new Error('no'))
  await expect(put).rejects.toThrow('no')
  expect(progress.unfinished()).toEqual([])
})

test('a poll that answers when it is asked is asked less and less often; one with records as often as at first', async () => {
  const { clock, progress } = setup()
  const askedAfter: number[] = []
  const pollOnce = async (answer: unknown) => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const begun = clock.now()
    const poll = progress.polling(
      () => progress.during('polling', () => promise),
      () => {
        askedAfter.push(clock.now() - begun)
        resolve(answer)
      },
    )
    for (let waited = 0; waited < 5_000; waited += 100) {
      progress.askAfter(100)
      if (progress.unfinished()[0]?.askedAt !== null) break
      await clock.pass(100)
    }
    await poll
  }
  for (const answer of [null, null, null, null, null, 'records', null]) await pollOnce(answer)
  expect(askedAfter).toEqual([100, 200, 400, 800, 800, 800, 100])
})

test('a poll is asked once, and told with the time at which it was asked', async () => {
  const { clock, progress } = setup()
  let asked = 0
  void progress.polling(
    () => new Promise(() => undefined),
    () => void asked++,
  )
  await clock.pass(100)
  progress.askAfter(100)
  await clock.pass(100)
  progress.askAfter(100)
  expect(asked).toBe(1)
  expect(progress.unfinished()).toEqual([{ stage: 'polling', since: 0, askedAt: 100 }])
})

test('a failure that repeats is as old as its first time, and over with a success', async () => {
  const { clock, progress } = setup()
  progress.failing('putting records into', 'first')
  await clock.pass(100)
  progress.failing('putting records into', 'second')
  expect(progress.unfinished()).toEqual([{ stage: 'putting records into', since: 0, reason: 'second' }])
  progress.recovered('putting records into')
  expect(progress.unfinished()).toEqual([])
})

test('what was sent is unfinished since Kafka last moved', async () => {
  const { clock, progress } = setup()
  progress.outstanding(1)
  progress.outstanding(1)
  await clock.pass(100)
  progress.outstanding(-1)
  expect(progress.unfinished()).toEqual([expect.objectContaining({ stage: 'sending records of', since: 100 })])
  progress.outstanding(-1)
  expect(progress.unfinished()).toEqual([])
})
