import { text } from '#server/contract/config-field.ts'
import { defineForKeyAndValue } from '#server/sdk/operand.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { perSchema, structOf } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'

export const hoistField = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.HoistField',
  version: kafkaVersion,
  summary: 'Wraps the whole key or value in a struct or map with a single field.',
  config: {
    field: text({
      doc: 'Field name for the single field that will be created in the resulting Struct or Map.',
      importance: 'medium',
    }),
  },
  example: { field: 'line' },
  create({ field }, operand) {
    const wrapping = perSchema((from: Schema) => structOf([{ name: field, schema: from }], {}))
    return {
      apply(record) {
        const from = operand.schemaOf(record)
        const value = operand.valueOf(record)
        if (from === null) return operand.replace(record, null, new Map([[field, value]]))
        const to = wrapping(from)
        return operand.replace(record, to, new Struct(to).set(field, value))
      },
    }
  },
})
