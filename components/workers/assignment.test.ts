import { expect, test } from 'vitest'
import { assignmentColumns } from '#components/workers/assignment.ts'
import type { ClusterView } from '#server/contract/connector.ts'

const cluster: ClusterView = {
  groupId: 'sluice',
  generation: 3,
  protocol: 'sessioned',
  lastRebalance: null,
  source: 'leader',
  drains: [],
  delayMs: 0,
  workers: [
    { id: 'a:1', url: 'http://a:1', leader: true, connectors: ['orders'], tasks: [{ connector: 'orders', task: 1 }] },
    { id: 'b:1', url: 'http://b:1', leader: false, connectors: [], tasks: [{ connector: 'orders', task: 0 }] },
  ],
}

test('every assigned instance is exactly one chip, in its own worker and with its own state', () => {
  const columns = assignmentColumns(cluster, [
    {
      name: 'orders',
      type: 'source',
      connector: { state: 'RUNNING', workerId: 'a:1' },
      tasks: [
        { id: 0, state: 'FAILED', workerId: 'b:1', trace: 'x' },
        { id: 1, state: 'RUNNING', workerId: 'a:1' },
      ],
    },
  ])
  expect(columns.map((column) => column.rows.flatMap((row) => row.chips))).toEqual([
    [
      { id: 'orders', task: undefined, state: 'RUNNING' },
      { id: 'orders-1', task: 1, state: 'RUNNING' },
    ],
    [{ id: 'orders-0', task: 0, state: 'FAILED' }],
  ])
})

test('a task that makes no progress is stalled on the map, too', () => {
  const stall = { worker: 'b:1', stage: 'start', since: 0, reason: 'it has not come back', intervalMs: 1_000 }
  const [, other] = assignmentColumns(cluster, [], [{ connector: 'orders', task: 0, ...stall }])
  expect(other?.rows[0]?.chips[0]?.state).toBe('STALLED')
  const [owner] = assignmentColumns(cluster, [], [{ connector: 'orders', ...stall }])
  expect(owner?.rows[0]?.chips.map(({ state }) => state)).toEqual(['STALLED', 'UNKNOWN'])
})

test('an assigned task without a status is unknown', () => {
  expect(assignmentColumns(cluster, [])[1]?.rows[0]?.chips[0]?.state).toBe('UNKNOWN')
})
