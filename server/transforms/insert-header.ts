import { text } from '#server/contract/config-field.ts'
import { parseValueText } from '#server/sdk/parse-value-text.ts'
import { defineTransform } from '#server/sdk/transform.ts'
import { nothing } from '#server/sdk/value.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'

export const insertHeader = defineTransform({
  class: 'org.apache.kafka.connect.transforms.InsertHeader',
  version: kafkaVersion,
  summary: 'Adds a header with a fixed value to every record.',
  config: {
    header: text({ doc: 'The name of the header.', importance: 'high', checks: [{ check: 'non-null' }] }),
    'value.literal': text({
      doc: 'The literal value that is to be set as the header value on all records.',
      importance: 'high',
      checks: [{ check: 'non-null' }],
    }),
  },
  example: { header: 'origin', 'value.literal': 'shop-eu' },
  create({ header, 'value.literal': literal }) {
    const inserted = Object.freeze({ name: header, ...(parseValueText(literal) ?? nothing) })
    return { apply: (record) => ({ ...record, headers: [...(record.headers ?? []), inserted] }) }
  },
})
