import { defineSource } from 'sluice/sdk'
import { text } from 'sluice/sdk/config'

// A source whose connector fails for as long as a file is there (Kafka's system tests: `MockSourceConnector`).
export const mockSource = defineSource({
  class: 'tools.MockSourceConnector',
  taskClass: 'tools.MockSourceTask',
  version: '1.0.0',
  title: 'Mock',
  summary: 'Fails while a file exists.',
  system: 'mock',
  config: {
    topic: text({ doc: 'The topic to publish to.', importance: 'high' }),
    trouble: text({ doc: 'The connector fails while this file exists.', importance: 'high' }),
    mode: text({ doc: 'start: it does not start; running: it fails once it runs.', importance: 'high', default: 'start' }),
  },
  example: { topic: 'mock', trouble: '/tmp/trouble' },
  tasks: 'one',
  load: () => import('./source.js'),
})
