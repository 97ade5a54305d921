import { expect, test } from 'vitest'
import { connectorRow, filterRows } from '#components/connectors/connector-row.ts'
import type { InstanceState } from '#server/contract/connector.ts'

const row = (name: string, state: InstanceState, pluginClass = 'a.b.FileStreamSourceConnector') =>
  connectorRow(name, {
    info: { name, type: 'source', tasks: [], config: { 'connector.class': pluginClass } },
    status: { name, type: 'source', connector: { state, workerId: 'w:1' }, tasks: [] },
  })
const nothing = { text: '', state: '', type: '', plugin: '', worker: '' }

test('what failed stands first, then by name', () => {
  const rows = [row('b', 'RUNNING'), row('a', 'RUNNING'), row('z', 'FAILED')]
  expect(filterRows(rows, nothing).map((each) => each.name)).toEqual(['z', 'a', 'b'])
})

test('a connector without status is listed as unknown, not hidden', () => {
  const listed = connectorRow('new', { info: null, status: null })
  expect(filterRows([listed], nothing)[0]?.health.state).toBe('UNKNOWN')
})

test('search finds names and plugins, filters narrow further', () => {
  const rows = [row('orders', 'RUNNING'), row('clicks', 'PAUSED')]
  expect(filterRows(rows, { ...nothing, text: 'FILESTREAM' })).toHaveLength(2)
  expect(filterRows(rows, { ...nothing, text: 'filestream', state: 'PAUSED' }).map((each) => each.name)).toEqual([
    'clicks',
  ])
})
