import { describe, expect, test } from 'vitest'
import type { ConnectorStatus } from '#server/contract/connector.ts'
import { mergeRestarts, planRestart, type RestartRequest } from '#server/core/restart-plan.ts'

const status: ConnectorStatus = {
  name: 'a',
  type: 'source',
  connector: { state: 'FAILED', workerId: 'w1:8083', version: '1.0.0', trace: 'connector trace' },
  tasks: [
    { id: 0, state: 'RUNNING', workerId: 'w1:8083' },
    { id: 1, state: 'FAILED', workerId: 'w2:8083', trace: 'task trace' },
    { id: 2, state: 'PAUSED', workerId: 'w2:8083' },
  ],
}
const states = (request: RestartRequest) => {
  const { connector, tasks } = planRestart(status, request)
  return [connector.state, ...tasks.map(({ state }) => state)]
}

describe('KIP-745: what is to be restarted shows RESTARTING', () => {
  test('the connector alone', () => {
    const expected = ['RESTARTING', 'RUNNING', 'FAILED', 'PAUSED']
    expect(states({ includeTasks: false, onlyFailed: false })).toEqual(expected)
  })
  test('with all tasks', () => {
    const expected = ['RESTARTING', 'RESTARTING', 'RESTARTING', 'RESTARTING']
    expect(states({ includeTasks: true, onlyFailed: false })).toEqual(expected)
  })
  test('what failed alone', () => {
    const expected = ['RESTARTING', 'RUNNING', 'RESTARTING', 'PAUSED']
    expect(states({ includeTasks: true, onlyFailed: true })).toEqual(expected)
  })
  test('a connector that runs is left alone when only what failed is asked for', () => {
    const running: ConnectorStatus = { ...status, connector: { state: 'RUNNING', workerId: 'w1:8083' } }
    expect(planRestart(running, { includeTasks: false, onlyFailed: true })).toEqual(running)
  })
})

test('what failed keeps its trace, worker and version, as Kafka Connect answers', () => {
  const { connector, tasks } = planRestart(status, { includeTasks: true, onlyFailed: true })
  expect(connector).toEqual({ ...status.connector, state: 'RESTARTING' })
  expect(tasks[1]).toEqual({ id: 1, state: 'RESTARTING', workerId: 'w2:8083', trace: 'task trace' })
})

test('of two requests the wider one is carried out, whichever came first', () => {
  const byWidth: RestartRequest[] = [
    { includeTasks: false, onlyFailed: true },
    { includeTasks: true, onlyFailed: true },
    { includeTasks: false, onlyFailed: false },
    { includeTasks: true, onlyFailed: false },
  ]
  byWidth.forEach((wider, at) => {
    for (const other of byWidth.slice(0, at + 1)) {
      expect(mergeRestarts(wider, other)).toEqual(wider)
      expect(mergeRestarts(other, wider)).toEqual(wider)
    }
  })
})
