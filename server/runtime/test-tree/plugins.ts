import { int, text } from '#server/contract/config-field.ts'
import type { PluginDefinition } from '#server/runtime/plugin-host.ts'

export const sourceClass = 'org.example.TickSourceConnector'
export const sinkClass = 'org.example.VoidSinkConnector'
const converter = 'org.apache.kafka.connect.json.JsonConverter'
const headerConverter = 'org.apache.kafka.connect.storage.SimpleHeaderConverter'

/** A source, a sink and the converters that a worker needs, as a pool thread would describe them. */
export const definitions: readonly PluginDefinition[] = [
  {
    class: sourceClass,
    aliases: ['TickSourceConnector', 'TickSource'],
    type: 'source',
    version: '1.0',
    validates: false,
    taskClass: 'org.example.TickSourceTask',
    fields: {
      topic: text({ doc: 'Where to.', importance: 'high' }),
      count: int({ doc: 'How many tasks it makes, whatever it is told.', importance: 'low', default: -1 }),
    },
  },
  {
    class: sinkClass,
    aliases: ['VoidSinkConnector', 'VoidSink'],
    type: 'sink',
    version: '1.0',
    validates: false,
    taskClass: 'org.example.VoidSinkTask',
    fields: {},
  },
  { class: converter, aliases: ['JsonConverter'], type: 'converter', version: '1.0', validates: false, fields: {} },
  {
    class: headerConverter,
    aliases: ['SimpleHeaderConverter'],
    type: 'header_converter',
    version: '1.0',
    validates: false,
    fields: {},
  },
]
