import { isPending } from '#server/sdk/conversion-pending.ts'
import type { Converter, ConverterPlugin } from '#server/sdk/converter.ts'
import type { Schema } from '#server/sdk/schema.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'

const { signal } = new AbortController()

/** Converts as a task does: what a converter has to ask first is asked. */
async function settled<Result>(convert: () => Result): Promise<Result> {
  for (;;) {
    try {
      return convert()
    } catch (error) {
      if (!isPending(error)) throw error
      await error.settle(signal)
    }
  }
}

export interface AskingConverter {
  from(topic: string, schema: Schema | null, value: Value): Promise<Buffer | null>
  to(topic: string, bytes: Uint8Array | null): Promise<SchemaAndValue>
  readonly converter: Promise<Converter>
}

/** A converter with a registry, its questions answered. */
export function askingConverter(
  plugin: ConverterPlugin,
  url: string,
  config: Record<string, string> = {},
  isKey = false,
): AskingConverter {
  const make = plugin.loadConverter ?? plugin.converter
  const made = Promise.resolve(make?.({ 'schema.registry.url': url, 'max.retries': '0', ...config }, isKey)).then(
    (converter) => {
      if (!converter) throw new Error('the plugin converts')
      return converter
    },
  )
  return {
    converter: made,
    async from(topic, schema, value) {
      const converter = await made
      const bytes = await settled(() => converter.fromConnectData(topic, schema, value))
      return bytes && Buffer.from(bytes)
    },
    async to(topic, bytes) {
      const converter = await made
      return settled(() => converter.toConnectData(topic, bytes))
    },
  }
}
