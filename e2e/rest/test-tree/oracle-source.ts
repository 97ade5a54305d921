import { oracleSourceConfig } from '#e2e/rest/test-tree/oracle-source-config.ts'
import { defineSource } from '#server/sdk/connector.ts'

export const oracleSource = defineSource({
  class: 'oracle.plugin.TestSourceConnector',
  version: '1.0.0',
  title: 'Oracle source',
  summary: 'Fails where it is told to.',
  system: 'test',
  config: oracleSourceConfig,
  example: { topic: 'test' },
  taskClass: 'oracle.plugin.TestSourceConnector$T',
  exactlyOnce: 'SUPPORTED',
  validates: true,
  load: () => import('#e2e/rest/test-tree/oracle-source-task.ts'),
})
