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
  readonly converter: Converter
}

/** A converter with a registry, its questions answered. */
export function askingConverter(
  plugin: ConverterPlugin,
  url: string,
  config: Record<string, string> = {},
  isKey = false,
): AskingConverter {
  const made = plugin.converter?.({ 'schema.registry.url': url, 'max.retries': '0', ...config }, isKey)
  if (!made) throw new Error('the plugin converts')
  return {
    converter: made,
    async from(topic, schema, value) {
      const bytes = await settled(() => made.fromConnectData(topic, schema, value))
      return bytes && Buffer.from(bytes)
    },
    to: (topic, bytes) => settled(() => made.toConnectData(topic, bytes)),
  }
}
