import { expect, test } from 'vitest'
import type { InstanceState } from '#server/contract/connector.ts'
import { workersFromStatuses } from '#server/core/cluster-from-statuses.ts'

const status = (workerId: string, state: InstanceState = 'RUNNING') => ({
  state,
  workerId,
  generation: 1,
  trace: null,
  version: null,
})
const everything = { connector: () => true, task: () => true }
const none = { connectors: new Map(), tasks: new Map() }

test('each worker has what it said that it runs, and what nobody runs is nowhere', () => {
  const statuses = {
    connectors: new Map([
      ['b', status('w1:1')],
      ['a', status('w1:1', 'FAILED')],
      ['idle', status('w2:2', 'UNASSIGNED')],
    ]),
    tasks: new Map([
      ['a-1', { id: { connector: 'a', task: 1 }, status: status('w2:2') }],
      ['a-0', { id: { connector: 'a', task: 0 }, status: status('w2:2', 'PAUSED') }],
    ]),
  }
  expect(workersFromStatuses(statuses, [], everything)).toEqual([
    { id: 'w1:1', url: 'http://w1:1/', leader: false, connectors: ['a', 'b'], tasks: [] },
    {
      id: 'w2:2',
      url: 'http://w2:2/',
      leader: false,
      connectors: [],
      tasks: [
        { connector: 'a', task: 0 },
        { connector: 'a', task: 1 },
      ],
    },
  ])
})

test('statuses of what was deleted count for nothing', () => {
  const statuses = { ...none, connectors: new Map([['gone', status('w1:1')]]) }
  expect(workersFromStatuses(statuses, [], { ...everything, connector: () => false })).toEqual([])
})

test('workers that are known to be there are shown without work, under their own address', () => {
  const leader = { id: 'w1:1', url: 'https://w1:1/', leader: true }
  const statuses = { ...none, connectors: new Map([['a', status('w1:1')]]) }
  const self = { id: 'w2:2', url: 'http://w2:2/', leader: false }
  expect(workersFromStatuses(statuses, [leader, self], everything)).toEqual([
    { ...leader, connectors: ['a'], tasks: [] },
    { ...self, connectors: [], tasks: [] },
  ])
})
