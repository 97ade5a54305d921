import { text } from '#server/contract/config-field.ts'
import { defineSink } from '#server/sdk/connector.ts'

/** The keys of the sink that was installed beside Kafka's own while its REST API was recorded. */
const config = {
  'test.fail': text({ doc: 'Where to fail.', importance: 'high', default: '' }),
  'test.alter': text({ doc: 'What alterOffsets does.', importance: 'low', default: 'false' }),
}

export type OracleSinkConfig = typeof config

export const oracleSink = defineSink({
  class: 'oracle.plugin.TestSinkConnector',
  version: '1.0.0',
  title: 'Oracle sink',
  summary: 'Discards records, and fails where it is told to.',
  system: 'test',
  config,
  example: {},
  taskClass: 'oracle.plugin.TestSinkConnector$T',
  tasks: 'many',
  load: () => import('#e2e/rest/test-tree/oracle-sink-task.ts'),
})
