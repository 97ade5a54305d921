import { text } from '#server/contract/config-field.ts'

/** The keys of the sink that was installed beside Kafka's own while its REST API was recorded. */
export const oracleSinkConfig = {
  'test.fail': text({ doc: 'Where to fail.', importance: 'high', default: '' }),
  'test.alter': text({ doc: 'What alterOffsets does.', importance: 'low', default: 'false' }),
}

export type OracleSinkConfig = typeof oracleSinkConfig
