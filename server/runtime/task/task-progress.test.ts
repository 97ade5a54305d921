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

test('what failed since is why what waits does not get on, and nothing that failed before', async () => {
  const { clock, progress } = setup()
  const never = () => new Promise<void>(() => undefined)
  progress.hindered('before')
  await clock.pass(1)
  void progress.run('sending records of', never)
  void progress.run('resolving the config of', never, 'the provider is silent')
  void progress.during('putting records into', never)
  progress.outstanding(1)
  const reasons = () => progress.unfinished().map(({ reason }) => reason)
  expect(reasons()).toEqual([undefined, 'the provider is silent', undefined, 'Kafka has not acknowledged them'])
  await clock.pass(1)
  progress.hindered('the disk is full')
  // What begins later waits for what was sent before; a hook of the plugin waits for nothing of ours.
  await clock.pass(1)
  void progress.run('committing', never)
  expect(reasons()).toEqual([
    ...['the disk is full', 'the provider is silent', undefined],
    ...['the disk is full', 'the disk is full'],
  ])
  progress.outstanding(1)
  await clock.pass(1)
  progress.outstanding(-1)
  expect(reasons()).toEqual([
    ...['the disk is full', 'the provider is silent', undefined],
    ...[undefined, 'Kafka has not acknowledged them'],
  ])
})

test('what fails inside a hook is why that does not come back', async () => {
  const { clock, progress } = setup()
  progress.failing('putting records into', 'refused before')
  await clock.pass(1)
  for (const stage of ['putting records into', 'converting records of']) {
    void progress.during(stage, () => new Promise<void>(() => undefined))
  }
  progress.failing('converting records of', 'the schema registry is away')
  const [put, conversion] = progress.unfinished()
  expect(put).toEqual({ stage: 'putting records into', since: 1 })
  expect(conversion).toEqual({ stage: 'converting records of', since: 1, reason: 'the schema registry is away' })
})
