import { defineSink, defineSource } from 'sluice/sdk'
import { text } from 'sluice/sdk/config'

const config = {
  topic: text({ doc: 'The topic to publish to.', importance: 'high', default: '' }),
  block: text({ doc: 'The hook that never ends.', importance: 'high' }),
  manner: text({ doc: 'wait: its promise never settles; spin: it never returns.', importance: 'low', default: 'wait' }),
}

// Connectors of which one hook never ends (Kafka's integration tests: `BlockingConnectorTest`).
const shared = {
  version: '1.0.0',
  title: 'Blocking',
  summary: 'Never comes back from one of its hooks.',
  system: 'blocking',
  config,
  example: { block: 'start' },
  tasks: 'one',
  validates: true,
}

export const blockingSource = defineSource({
  ...shared,
  class: 'org.example.BlockingSourceConnector',
  taskClass: 'org.example.BlockingSourceTask',
  load: () => import('./source.js'),
})

export const blockingSink = defineSink({
  ...shared,
  class: 'org.example.BlockingSinkConnector',
  taskClass: 'org.example.BlockingSinkTask',
  load: () => import('./sink.js'),
})
