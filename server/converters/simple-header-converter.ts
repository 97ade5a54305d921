import { kafkaVersion } from '#server/converters/converter-fields.ts'
import { defineConverter, type HeaderConverter } from '#server/sdk/converter.ts'
import { parseValueText } from '#server/sdk/parse-value-text.ts'
import { plain } from '#server/sdk/schema.ts'
import { utf8 } from '#server/sdk/text-form.ts'
import { nothing } from '#server/sdk/value.ts'
import { valueText } from '#server/sdk/value-text.ts'

/** Headers as texts whose meaning is guessed when they are read: the default of a worker. */
const converter: HeaderConverter = {
  fromConnectHeader(_topic, _name, schema, value) {
    const text = valueText(value, schema)
    return text === null ? null : utf8(text)
  },
  toConnectHeader(_topic, _name, bytes) {
    if (bytes === null) return nothing
    try {
      return parseValueText(Buffer.from(bytes).toString('utf8')) ?? nothing
    } catch {
      // Only a text nested too deep fails; Kafka Connect hands such a header over as its bytes, too.
      return { schema: plain.bytes, value: bytes }
    }
  },
  total: true,
}

export const simpleHeaderConverter = defineConverter({
  class: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  version: kafkaVersion,
  config: {},
  headerConverter: () => converter,
})
