import { oracleSinkConfig } from '#e2e/rest/test-tree/oracle-sink-config.ts'
import { defineSink } from '#server/sdk/connector.ts'

export const oracleSink = defineSink({
  class: 'oracle.plugin.TestSinkConnector',
  version: '1.0.0',
  title: 'Oracle sink',
  summary: 'Discards records, and fails where it is told to.',
  system: 'test',
  config: oracleSinkConfig,
  example: {},
  taskClass: 'oracle.plugin.TestSinkConnector$T',
  tasks: 'many',
  load: () => import('#e2e/rest/test-tree/oracle-sink-task.ts'),
})
