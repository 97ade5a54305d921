import { expect, test } from 'vitest'
import { healthOf, needsAttention, taskStates } from '#components/connectors/health.ts'
import type { InstanceState } from '#server/contract/connector.ts'

const workerId = '127.0.0.1:8083'
const status = (connector: InstanceState, ...tasks: InstanceState[]) => ({
  connector: { state: connector, workerId },
  tasks: tasks.map((state, id) => ({ id, state, workerId })),
})

test('a running connector with one failed task counts as failed and says how many', () => {
  expect(healthOf(status('RUNNING', 'RUNNING', 'FAILED', 'RUNNING'))).toEqual({
    state: 'FAILED',
    sentence: '1 of 3 tasks failed',
    failedTasks: [1],
  })
})

test('a connector is running only when all its tasks are', () => {
  expect(healthOf(status('RUNNING', 'RUNNING', 'RUNNING')).state).toBe('RUNNING')
  expect(healthOf(status('RUNNING', 'RUNNING', 'UNASSIGNED')).state).toBe('UNASSIGNED')
})

test('what was never reported is unknown, not stopped', () => {
  expect(healthOf(null).state).toBe('UNKNOWN')
})

test('a running connector with a task that makes no progress is stalled, also when that task has no status yet', () => {
  const running = { state: 'RUNNING', workerId: 'w:1' } as const
  const tasks = [0, 1].map((id) => ({ id, ...running }))
  expect(healthOf({ connector: running, tasks }, [{ task: 1 }])).toMatchObject({
    state: 'STALLED',
    sentence: '1 of 2 tasks stalled',
  })
  expect(healthOf({ connector: running, tasks: [] }, [{ task: 0 }])).toMatchObject({
    state: 'STALLED',
    sentence: '1 of 1 tasks stalled',
  })
  const failed = { id: 1, ...running, state: 'FAILED' } as const
  expect(healthOf({ connector: running, tasks: [...tasks.slice(0, 1), failed] }, [{ task: 1 }]).state).toBe('FAILED')
  expect(healthOf({ connector: { ...running, state: 'PAUSED' }, tasks }, [{ task: 1 }]).state).toBe('PAUSED')
})

test('a task that hangs in its start is stalled whatever was last said of its predecessor', () => {
  expect(healthOf(status('RUNNING', 'UNASSIGNED'), [{ task: 0 }])).toMatchObject({ state: 'STALLED' })
  expect(taskStates([{ id: 0, state: 'UNASSIGNED' }], [{ task: 0 }])).toEqual([{ id: 0, state: 'STALLED' }])
})

test('a task that makes no progress has a block of its own look, also before it has a status', () => {
  const tasks = [
    { id: 0, state: 'RUNNING' as const },
    { id: 1, state: 'FAILED' as const },
  ]
  expect(taskStates(tasks, [{ task: 0 }, { task: 1 }, { task: 2 }])).toEqual([
    { id: 0, state: 'STALLED' },
    { id: 1, state: 'FAILED' },
    { id: 2, state: 'STALLED' },
  ])
})

test('a connector that hangs is stalled whatever it was before, unless something failed', () => {
  const hangs = [{}]
  expect(healthOf(null, hangs)).toMatchObject({ state: 'STALLED', sentence: 'the connector stalled' })
  expect(healthOf(status('RESTARTING'), hangs).state).toBe('STALLED')
  expect(healthOf(status('RUNNING', 'RUNNING'), hangs).state).toBe('STALLED')
  expect(healthOf(status('FAILED'), hangs).state).toBe('FAILED')
  expect(healthOf(status('RUNNING', 'FAILED'), hangs).state).toBe('FAILED')
  expect(taskStates([], hangs)).toEqual([])
})

test('a connector that runs without tasks says whether it made none or cannot, and a person is to look at it', () => {
  const none = healthOf(status('RUNNING'), [], { why: 'none-made' })
  expect(none).toEqual({ state: 'TASKLESS', sentence: 'made none', failedTasks: [] })
  expect(healthOf(status('RUNNING'), [], { why: 'failing' }).sentence).toBe('cannot make any')
  expect(needsAttention(none)).toBe(true)
  expect(healthOf(status('RUNNING', 'RUNNING'), [], { why: 'failing' }).state).toBe('RUNNING')
  expect(healthOf(status('STOPPED'), [], { why: 'none-made' }).state).toBe('STOPPED')
  // It has just been created: nobody has said that it makes none.
  expect(healthOf(status('RUNNING')).state).toBe('RUNNING')
})
