import { expect, test } from 'vitest'
import { healthOf } from '#components/connectors/health.ts'
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
