import { expect, test } from 'vitest'
import type { TaskEvidence } from '#server/runtime/plugin-host.ts'
import { createThreadProgress } from '#server/runtime/pool/thread-progress.ts'
import { createTaskProgress } from '#server/runtime/task/task-progress.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const task = { connector: 'orders', task: 0 }
const intervalMs = 800

function setup() {
  const clock = createFakeClock(0)
  const told: TaskEvidence[][] = []
  const thread = createThreadProgress({
    tell: (tasks) => void told.push(tasks),
    clean: (text) => text.replaceAll('secret', '[hidden]'),
    clock,
  })
  const attempt = () => createTaskProgress(clock, async (_, hook) => hook())
  return { clock, told, thread, attempt }
}

const never = () => new Promise<void>(() => undefined)

test('what is told carries the moment of the look, and no secret', async () => {
  const { clock, told, thread, attempt } = setup()
  const progress = attempt()
  thread.watch({ task, progress, intervalMs, current: () => true })
  void progress.run('sending records of', never, 'the secret is refused')
  await clock.pass(100)
  const unfinished = [{ stage: 'sending records of', since: 0, reason: 'the [hidden] is refused' }]
  expect(told).toEqual([[{ task, unfinished, at: 100 }]])
  thread.close()
})

test('I8: of several attempts at a task only the one that counts is told of, and the others are forgotten', async () => {
  const { clock, told, thread, attempt } = setup()
  let cancelled = false
  const first = attempt()
  thread.watch({ task, progress: first, intervalMs, current: () => !cancelled })
  void first.during('putting records into', never)
  await clock.pass(100)
  cancelled = true
  const over = thread.watch({ task, progress: attempt(), intervalMs, current: () => true })
  await clock.pass(100)
  expect(told.map((tasks) => tasks.map(({ unfinished }) => unfinished.length))).toEqual([[1], [0]])
  over()
  await clock.pass(100)
  expect(clock.sleeping()).toEqual([])
})

test('I12: nothing ticks once only attempts are left that were cancelled', async () => {
  const { clock, told, thread, attempt } = setup()
  thread.watch({ task, progress: attempt(), intervalMs, current: () => false })
  await clock.pass(200)
  expect([told.flat(), clock.sleeping()]).toEqual([[], []])
})
