import { text } from '#server/contract/config-field.ts'
import { definePredicate } from '#server/sdk/transform.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'

export const hasHeaderKey = definePredicate({
  class: 'org.apache.kafka.connect.transforms.predicates.HasHeaderKey',
  version: kafkaVersion,
  summary: 'Is true for records with a header of this name.',
  config: { name: text({ doc: 'The header name.', importance: 'medium', checks: [{ check: 'non-empty' }] }) },
  example: { name: 'trace-id' },
  create: ({ name }) => ({ test: ({ headers }) => headers?.some((header) => header.name === name) ?? false }),
})
