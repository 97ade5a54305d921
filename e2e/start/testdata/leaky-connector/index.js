import { defineSource } from 'sluice/sdk'
import { secret, text } from 'sluice/sdk/config'

// A source that tells everything it knows, wherever it can be heard.
export const leakySource = defineSource({
  class: 'tools.LeakySourceConnector',
  taskClass: 'tools.LeakySourceTask',
  version: '1.0.0',
  title: 'Leaky',
  summary: 'Tells its secrets.',
  system: 'leaky',
  config: {
    topic: text({ doc: 'The topic to publish to.', importance: 'high' }),
    where: text({ doc: 'Where it fails: validate, connector, task.', importance: 'high', default: 'nowhere' }),
    pin: secret({ doc: 'A secret that no name tells.', importance: 'high', default: null }),
    code: secret({ doc: 'Another.', importance: 'high', default: null }),
    'connection.url': text({ doc: 'An address with a login.', importance: 'high', default: null }),
    login: text({ doc: 'A login in the form of JAAS.', importance: 'high', default: null }),
  },
  example: { topic: 'leaky' },
  validates: true,
  tasks: 'one',
  load: () => import('./source.js'),
})
