import { defineSink, defineSource } from 'sluice/sdk'
import { defineTransform } from 'sluice/sdk/transform'
import { originConfig, sinkConfig, sourceConfig } from './config.js'
import { createOrigin } from './origin.js'

// What a worker knows of the connectors before it runs one: nothing here may open a connection or read a large library.
// The class is the name in configs, `connector.class`. Raise the version with every release: several may stand side by side.

export const tickerSource = defineSource({
  class: 'com.example.TickerSourceConnector',
  taskClass: 'com.example.TickerSourceTask',
  version: '1.0.0',
  title: 'Ticker',
  summary: 'Publishes a number that grows by one with each record.',
  system: 'ticker',
  config: sourceConfig,
  example: { topic: 'ticks', 'interval.ms': '1000' },
  tasks: 'one',
  load: () => import('./source.js'),
})

export const notesSink = defineSink({
  class: 'com.example.NotesSinkConnector',
  taskClass: 'com.example.NotesSinkTask',
  version: '1.0.0',
  title: 'Notes',
  summary: 'Appends each value to a file, one line a record.',
  system: 'notes',
  config: sinkConfig,
  example: { topics: 'ticks', path: '/tmp/notes.txt' },
  tasks: 'one',
  load: () => import('./sink.js'),
})

export const origin = defineTransform({
  class: 'com.example.Origin',
  version: '1.0.0',
  summary: 'Notes in headers where a record was worked on, and as which one.',
  config: originConfig,
  example: { header: 'origin' },
  create: createOrigin,
})
