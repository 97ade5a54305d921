import { definePredicate } from '#server/sdk/transform.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'

export const recordIsTombstone = definePredicate({
  class: 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
  version: kafkaVersion,
  summary: 'Is true for records without a value.',
  config: {},
  example: {},
  create: () => ({ test: ({ value }) => value === null }),
})
