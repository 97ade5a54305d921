import { sinkConfig, sourceConfig } from '#server/connectors/file/config.ts'
import { kafkaVersion } from '#server/connectors/kafka-version.ts'
import { defineSink, defineSource } from '#server/sdk/connector.ts'

export const fileSource = defineSource({
  class: 'org.apache.kafka.connect.file.FileStreamSourceConnector',
  taskClass: 'org.apache.kafka.connect.file.FileStreamSourceTask',
  version: kafkaVersion,
  title: 'File source',
  summary: 'Publishes each line of a file as one record, and goes on as lines are appended.',
  system: 'file',
  config: sourceConfig,
  example: { file: '/tmp/orders.txt', topic: 'orders' },
  tasks: 'one',
  validates: true,
  exactlyOnce: 'SUPPORTED',
  load: () => import('#server/connectors/file/source.ts'),
})

export const fileSink = defineSink({
  class: 'org.apache.kafka.connect.file.FileStreamSinkConnector',
  taskClass: 'org.apache.kafka.connect.file.FileStreamSinkTask',
  version: kafkaVersion,
  title: 'File sink',
  summary: 'Appends the value of each record to a file, one line a record.',
  system: 'file',
  config: sinkConfig,
  example: { file: '/tmp/orders-copy.txt', topics: 'orders' },
  tasks: 'many',
  validates: true,
  load: () => import('#server/connectors/file/sink.ts'),
})
