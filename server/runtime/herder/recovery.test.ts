import { expect, test } from 'vitest'
import type { NewEvent } from '#server/contract/events.ts'
import type { RestartPolicy } from '#server/core/restart-policy.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createRecovery } from '#server/runtime/herder/recovery.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const task = { task: { connector: 'orders', task: 0 } }
const policy: RestartPolicy = { attempts: 2, firstDelayMs: 1_000, mostDelayMs: 60_000, healthyMs: 10_000 }

function setup(ownPolicy: RestartPolicy | null = policy) {
  const clock = createFakeClock()
  const lines: string[] = []
  const restarted: number[] = []
  const events: NewEvent[] = []
  const begun = clock.now()
  const recovery = createRecovery({
    policyOf: () => ownPolicy,
    async restart(instance) {
      restarted.push(clock.now() - begun)
      recovery.heard(instance, 'RESTARTING', undefined)
    },
    workerId: () => 'me:1',
    events: { write: (event) => void events.push(event) },
    clock,
    signal: new AbortController().signal,
    logger: createLogger({
      name: 'test',
      levels: createLogLevels({ root: 'INFO', clock }),
      clock,
      sink: ({ message }) => void lines.push(message),
    }),
  })
  return {
    clock,
    lines,
    restarted,
    events,
    recovery,
    fail: (trace = 'Error: refused') => recovery.heard(task, 'FAILED', trace),
  }
}

test('restarts with back-off, says so, and stops when the budget is used up', async () => {
  const { clock, lines, restarted, events, fail } = setup()
  fail()
  await clock.pass(1_000)
  fail()
  await clock.pass(1_999)
  expect(restarted).toEqual([1_000])
  await clock.pass(1)
  expect(restarted).toEqual([1_000, 3_000])
  fail()
  await clock.pass(1_000_000)
  expect(restarted).toHaveLength(2)
  expect(lines).toEqual([
    'Task orders-0 failed and restarts in 1 s (attempt 1 of 2)',
    'Task orders-0 failed and restarts in 2 s (attempt 2 of 2)',
    'Task orders-0 stays FAILED: 2 restarts did not help',
  ])
  expect(events.map(({ kind, detail }) => [kind, detail])).toEqual([
    ['restart', { by: 'policy', restart: 1, of: 2, restartAt: expect.any(Number) }],
    ['restart', { by: 'policy', restart: 2, of: 2, restartAt: expect.any(Number) }],
    ['restart', { by: 'policy', stays: 'spent' }],
  ])
})

test('tells when the next restart is due, and why there is none any more', async () => {
  const { clock, recovery, fail } = setup()
  expect(recovery.current()).toEqual([])
  fail()
  const due = { connector: 'orders', task: 0, worker: 'me:1', attempt: 1, attempts: 2 }
  expect(recovery.current()).toEqual([{ ...due, restartAt: clock.now() + 1_000, stays: null }])
  await clock.pass(1_000)
  recovery.heard(task, 'RUNNING', undefined)
  expect(recovery.current()).toEqual([])
  fail('DataException: no')
  expect(recovery.current()).toEqual([{ ...due, restartAt: null, stays: 'fatal' }])
})

test('a task that was healthy for long enough has its whole budget again', async () => {
  const { clock, restarted, recovery, fail } = setup()
  for (let round = 0; round < 5; round++) {
    fail()
    await clock.pass(1_000)
    recovery.heard(task, 'RUNNING', undefined)
    await clock.pass(10_000)
  }
  expect(restarted).toHaveLength(5)
})

test.each(['UNASSIGNED', 'PAUSED', 'STOPPED', 'RESTARTING', 'GONE'] as const)(
  'a restart that waits is given up when somebody else decides: %s',
  async (state) => {
    const { clock, restarted, recovery, fail } = setup()
    fail()
    recovery.heard(task, state, undefined)
    await clock.pass(1_000_000)
    expect(restarted).toEqual([])
    expect(clock.sleeping()).toEqual([])
  },
)

test('what a restart would only repeat is left to a person, and so is everything without a policy', async () => {
  const poison = setup()
  poison.fail('Error: Tolerance exceeded in error handler')
  await poison.clock.pass(1_000_000)
  expect(poison.restarted).toEqual([])
  expect(poison.lines).toEqual(['Task orders-0 stays FAILED: a restart would fail in the same way'])

  const without = setup(null)
  without.fail()
  await without.clock.pass(1_000_000)
  expect(without.restarted).toEqual([])
  expect(without.lines).toEqual([])
})
