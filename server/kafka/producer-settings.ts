import { connectorRequestTimeoutMs } from '#server/kafka/client-fields.ts'
import { type Properties, readDuration } from '#server/kafka/client-settings.ts'
import type { ProducerOptions } from '#server/kafka/producer.ts'
import { invalidSetting } from '#server/kafka/security/invalid-setting.ts'
import { type Compression, compressionAttribute, compressionLevels } from '#server/protocol/compression.ts'

const mostRetries = 2 ** 31 - 1

/** What Kafka's producer properties say about batches and delivery; what they leave open is left out. Throws SETTING_INVALID. */
export function producerSettings(properties: Properties): Partial<ProducerOptions> {
  const duration = (key: string) => (properties[key] === undefined ? undefined : readDuration(properties, key, 0))
  const acks = acksOf(properties.acks)
  const retries = retriesOf(properties.retries)
  const compression = compressionOf(properties['compression.type'])
  checkDeliveryTimeout(properties)
  const settings: { [K in keyof ProducerOptions]: ProducerOptions[K] | undefined } = {
    acks,
    idempotent: idempotence(properties['enable.idempotence'], acks, retries),
    retries,
    maxBlockMs: blockTime(properties['max.block.ms']),
    compression,
    compressionLevel: levelOf(properties, compression),
    deliveryTimeoutMs: duration('delivery.timeout.ms'),
    requestTimeoutMs: duration('request.timeout.ms'),
    lingerMs: duration('linger.ms'),
    maxInFlight: inFlight(properties['max.in.flight.requests.per.connection']),
    maxRequestBytes: bytes(properties, 'max.request.size'),
    maxBatchBytes: bytes(properties, 'batch.size'),
    bufferBytes: bytes(properties, 'buffer.memory'),
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

function acksOf(text: string | undefined): -1 | 0 | 1 | undefined {
  if (text === undefined) return undefined
  const acks = { all: -1, '-1': -1, '0': 0, '1': 1 } as const
  const found = Object.hasOwn(acks, text) ? acks[text as keyof typeof acks] : undefined
  if (found === undefined) throw invalidSetting('acks', 'it must be all, -1, 0 or 1')
  return found
}

/** Kafka turns idempotence off by itself where `acks` or `retries` rule it out, unless it was asked for. */
function idempotence(
  text: string | undefined,
  acks: number | undefined,
  retries: number | undefined,
): boolean | undefined {
  const weak = acks !== undefined && acks !== -1
  if (text === 'true' && retries === 0) {
    throw invalidSetting('retries', 'Must set retries to non-zero when using the idempotent producer.')
  }
  if (text === 'true' && weak) throw invalidSetting('acks', 'it must be all when enable.idempotence is true')
  if (text !== undefined) return text === 'true'
  return weak || retries === 0 ? false : undefined
}

function retriesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > mostRetries) {
    throw invalidSetting('retries', `it must be a whole number from 0 to ${mostRetries}`)
  }
  return value
}

/** Kafka Connect's own is the largest number that Java has, and more than there is time. */
function blockTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text.trim())) throw invalidSetting('max.block.ms', 'it must be a number of milliseconds')
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY
}

/** A batch has to have the time for at least one request (Kafka: `KafkaProducer.configureDeliveryTimeout`). */
function checkDeliveryTimeout(properties: Properties): void {
  if (properties['delivery.timeout.ms'] === undefined) return
  const least =
    readDuration(properties, 'linger.ms', 0) + readDuration(properties, 'request.timeout.ms', connectorRequestTimeoutMs)
  if (readDuration(properties, 'delivery.timeout.ms', least) < least) {
    throw invalidSetting('delivery.timeout.ms', `it must be at least linger.ms + request.timeout.ms, which is ${least}`)
  }
}

function compressionOf(text: string | undefined): Compression | undefined {
  if (text === undefined) return undefined
  if (!Object.hasOwn(compressionAttribute, text)) {
    throw invalidSetting('compression.type', `it must be one of ${Object.keys(compressionAttribute).join(', ')}`)
  }
  return text as Compression
}

/** Every level that is there is checked, also of a type that is not used, as Kafka does. */
function levelOf(properties: Properties, compression: Compression | undefined): number | undefined {
  let level: number | undefined
  for (const [type, range] of Object.entries(compressionLevels)) {
    const key = `compression.${type}.level`
    const text = properties[key]
    if (text === undefined) continue
    const value = Number(text)
    const { min, max, or } = { or: undefined, ...range }
    if (text.trim() === '' || !Number.isInteger(value) || ((value < min || value > max) && value !== or)) {
      throw invalidSetting(key, `it must be a whole number from ${min} to ${max}${or === undefined ? '' : ` or ${or}`}`)
    }
    if (type === compression) level = value
  }
  return level
}

function inFlight(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) {
    throw invalidSetting('max.in.flight.requests.per.connection', 'it must be at least 1')
  }
  // More than the broker remembers of a partition could not be told from duplicates.
  return Math.min(value, 5)
}

const leastBatchBytes = 1024

function bytes(properties: Properties, key: string): number | undefined {
  if (properties[key] === undefined) return undefined
  const value = Number(properties[key])
  if (!Number.isSafeInteger(value) || value < 0) throw invalidSetting(key, 'it must be a number of bytes')
  return Math.max(value, leastBatchBytes)
}
