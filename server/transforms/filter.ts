import { defineTransform } from '#server/sdk/transform.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'

export const filter = defineTransform({
  class: 'org.apache.kafka.connect.transforms.Filter',
  version: kafkaVersion,
  summary: 'Drops every record; a predicate says which.',
  config: {},
  example: {},
  create: () => ({ apply: () => null }),
})
