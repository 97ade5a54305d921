import { ConnectError } from '#server/contract/errors.ts'
import type { GivenRecord } from '#server/contract/preview.ts'
import type { ConsumedRecord } from '#server/runtime/task/record-at-hand.ts'
import type { NamedConverter } from '#server/runtime/task/task-converters.ts'
import type { SourceRecord } from '#server/sdk/records.ts'
import { nothing, type SchemaAndValue } from '#server/sdk/value.ts'

const jsonConverter = 'org.apache.kafka.connect.json.JsonConverter'
/** Where records by hand lie when they do not say it. */
const anyTopic = 'preview'

/** Records by hand as if they lay in Kafka. An offset below zero: nowhere. */
export const asConsumed = (records: readonly GivenRecord[], topic: string = anyTopic): ConsumedRecord[] =>
  records.map((given) => ({
    topic: given.topic ?? topic,
    partition: 0,
    offset: -1,
    key: bytesOf(given.key),
    value: bytesOf(given.value),
    headers: (given.headers ?? []).map(({ name, value }) => ({ name, value: bytesOf(value) })),
    timestamp: given.timestamp ?? -1,
  }))

/** Records by hand as if a source had polled them. Throws BAD_REQUEST for a text that is no JSON. */
export function asPolled(
  records: readonly GivenRecord[],
  converters: readonly NamedConverter[],
  topic: string = anyTopic,
): SourceRecord[] {
  const plugin = converters.find((known) => known.class === jsonConverter)
  if (!plugin?.converter) throw new ConnectError('PLUGIN_NOT_FOUND', `Unknown plugin ${jsonConverter}.`)
  const schemaless = plugin.converter({ 'schemas.enable': 'false' }, false)
  const enveloped = plugin.converter({ 'schemas.enable': 'true' }, false)

  function read(text: string | null | undefined, what: string): SchemaAndValue {
    if (text === null || text === undefined) return nothing
    try {
      const converter = isEnvelope(JSON.parse(text)) ? enveloped : schemaless
      return converter.toConnectData(topic, Buffer.from(text))
    } catch (cause) {
      const message = `The ${what} of a record by hand has to be JSON (a text stands in quotes): ${text.slice(0, 80)}`
      throw new ConnectError('BAD_REQUEST', message, { cause })
    }
  }

  return records.map((given) => {
    const key = read(given.key, 'key')
    const value = read(given.value, 'value')
    return {
      sourcePartition: null,
      sourceOffset: null,
      topic: given.topic ?? topic,
      keySchema: key.schema,
      key: key.value,
      valueSchema: value.schema,
      value: value.value,
      timestamp: given.timestamp ?? null,
      headers: (given.headers ?? []).map(({ name, value: text }) => ({ name, ...read(text, `header ${name}`) })),
    }
  })
}

const isEnvelope = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && Object.keys(json).sort().join() === 'payload,schema'

const bytesOf = (text: string | null | undefined) => (text === null || text === undefined ? null : Buffer.from(text))
