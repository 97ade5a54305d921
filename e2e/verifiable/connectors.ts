import { sinkConfig, sourceConfig } from '#e2e/verifiable/config.ts'
import { kafkaVersion } from '#server/connectors/kafka-version.ts'
import { defineSink, defineSource } from '#server/sdk/connector.ts'

/** Kafka's connectors for tests, which Kafka does not ship with its workers either: they are put on `plugin.path`. */
export const verifiableSource = defineSource({
  class: 'org.apache.kafka.connect.tools.VerifiableSourceConnector',
  taskClass: 'org.apache.kafka.connect.tools.VerifiableSourceTask',
  version: kafkaVersion,
  title: 'Verifiable source',
  summary: 'Publishes numbers without a gap, and keeps a ledger of them.',
  system: 'test',
  config: sourceConfig,
  example: { topic: 'numbers', throughput: '100' },
  exactlyOnce: 'SUPPORTED',
  load: () => import('#e2e/verifiable/source.ts'),
})

export const verifiableSink = defineSink({
  class: 'org.apache.kafka.connect.tools.VerifiableSinkConnector',
  taskClass: 'org.apache.kafka.connect.tools.VerifiableSinkTask',
  version: kafkaVersion,
  title: 'Verifiable sink',
  summary: 'Keeps a ledger of what it is given and of what it has flushed.',
  system: 'test',
  config: sinkConfig,
  example: { topics: 'numbers' },
  load: () => import('#e2e/verifiable/sink.ts'),
})
