import { config } from '#server/connectors/datagen/config.ts'
import { sluiceVersion } from '#server/connectors/sluice-version.ts'
import { defineSource } from '#server/sdk/connector.ts'

export const datagenSource = defineSource({
  class: 'sluice.datagen.DatagenSourceConnector',
  taskClass: 'sluice.datagen.DatagenSourceTask',
  version: sluiceVersion,
  title: 'Made-up data',
  summary: 'Makes plausible orders, page views or sensor readings at a steady rate, to try things out with.',
  system: 'demo',
  config,
  example: { quickstart: 'orders', topic: 'orders', 'records.per.second': '5' },
  tasks: 'many',
  exactlyOnce: 'SUPPORTED',
  load: () => import('#server/connectors/datagen/source.ts'),
})
