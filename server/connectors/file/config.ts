import { type ConfigOf, int, text } from '#server/contract/config-field.ts'

export const sourceConfig = {
  file: text({
    doc: 'Source filename. If not specified, the standard input will be used',
    importance: 'high',
    default: null,
    example: 'orders.txt',
  }),
  topic: text({
    doc: 'The topic to publish data to',
    importance: 'high',
    checks: [{ check: 'non-empty' }],
    example: 'orders',
  }),
  'batch.size': int({
    doc: 'The maximum number of records the source task can read from the file each time it is polled',
    importance: 'low',
    default: 2000,
  }),
}

export const sinkConfig = {
  file: text({
    doc: 'Destination filename. If not specified, the standard output will be used',
    importance: 'high',
    default: null,
    example: 'orders-copy.txt',
  }),
}

export type FileSourceConfig = ConfigOf<typeof sourceConfig>
export type FileSinkConfig = ConfigOf<typeof sinkConfig>
