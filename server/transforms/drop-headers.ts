import { list } from '#server/contract/config-field.ts'
import { defineTransform } from '#server/sdk/transform.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'

export const dropHeaders = defineTransform({
  class: 'org.apache.kafka.connect.transforms.DropHeaders',
  version: kafkaVersion,
  summary: 'Removes headers by their names.',
  config: {
    headers: list({
      doc: 'The name of the headers to be removed.',
      importance: 'high',
      checks: [{ check: 'list', allowEmpty: false }],
    }),
  },
  example: { headers: 'trace-id,span-id' },
  create({ headers }) {
    const dropped = new Set(headers)
    return {
      apply: (record) => ({ ...record, headers: record.headers?.filter(({ name }) => !dropped.has(name)) ?? [] }),
    }
  },
})
