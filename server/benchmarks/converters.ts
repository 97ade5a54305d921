import { round } from '#server/benchmarks/connector-control.ts'
import { avroConverter } from '#server/converters/avro/avro-converter.ts'
import { jsonConverter } from '#server/converters/json-converter.ts'
import { jsonSchemaConverter } from '#server/converters/json-schema/json-schema-converter.ts'
import { protobufConverter } from '#server/converters/protobuf/protobuf-converter.ts'
import { stringConverter } from '#server/converters/string-converter.ts'
import { startMemoryRegistry } from '#server/converters/test-tree/memory-registry.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'
import type { Converter, ConverterPlugin } from '#server/sdk/converter.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { logical } from '#server/sdk/logical.ts'
import { plain, type Schema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

const { signal } = new AbortController()
const measuredCpuSeconds = 1
const batch = 2_000

const order = schema.struct(
  {
    id: schema.int64(),
    customer: schema.string(),
    city: schema.string({ optional: true }),
    quantity: schema.int32(),
    price: schema.float64(),
    discount: schema.float32({ optional: true }),
    paid: schema.boolean(),
    at: logical.timestamp(),
    total: logical.decimal(2),
    note: schema.string({ optional: true }),
  },
  { name: 'shop.Order' },
)

const orders = Array.from({ length: batch }, (_, i) =>
  Struct.of(order, [
    BigInt(1_000_000 + i),
    `customer-${i}`,
    i % 3 === 0 ? null : 'Paris',
    i % 10,
    i / 8,
    i % 2 === 0 ? null : 0.5,
    i % 2 === 0,
    new Date(1_780_000_000_000 + i),
    new Decimal(BigInt(1999 + i), 2),
    null,
  ]),
)
const texts = Array.from({ length: batch }, (_, i) => `${i}`.padStart(100, 'x'))

/** Records per CPU-second of each converter, alone: a text of 100 bytes and a record of ten fields, there and back. */
export async function measureConverters(): Promise<object[]> {
  await using registry = await startMemoryRegistry()
  const lines: object[] = []
  const measure = async (plugin: ConverterPlugin, what: string, of: Schema, values: readonly Value[]) => {
    const make = plugin.loadConverter ?? plugin.converter
    const converter = await make?.({ 'schema.registry.url': registry.url }, false)
    if (!converter) return
    const simple = plugin.class.slice(plugin.class.lastIndexOf('.') + 1)
    const topic = `${simple}-${what}`
    const bytes = await written(converter, topic, of, values)
    await settled(() => converter.toConnectData(topic, bytes[0] ?? null))
    lines.push({
      bench: 'converter',
      converter: simple,
      what,
      bytes: bytes[0]?.length,
      encodePerCpuSecond: perCpuSecond(() => {
        for (const value of values) converter.fromConnectData(topic, of, value)
      }),
      decodePerCpuSecond: perCpuSecond(() => {
        for (const one of bytes) converter.toConnectData(topic, one)
      }),
    })
  }
  for (const plugin of [stringConverter, jsonConverter])
    await measure(plugin, 'string of 100 bytes', plain.string, texts)
  for (const plugin of [jsonConverter, avroConverter, protobufConverter, jsonSchemaConverter]) {
    await measure(plugin, 'struct of ten fields', order, orders)
  }
  return lines
}

async function written(converter: Converter, topic: string, of: Schema, values: readonly Value[]) {
  await settled(() => converter.fromConnectData(topic, of, values[0] ?? null))
  return values.map((value) => converter.fromConnectData(topic, of, value))
}

/** Asks what the converter has to ask, so that the rest is conversion alone. */
async function settled(convert: () => unknown): Promise<void> {
  for (;;) {
    try {
      convert()
      return
    } catch (error) {
      if (!isPending(error)) throw error
      await error.settle(signal)
    }
  }
}

function perCpuSecond(work: () => void): number {
  const warmUntil = cpuSeconds() + measuredCpuSeconds / 4
  while (cpuSeconds() < warmUntil) work()
  const from = cpuSeconds()
  let records = 0
  while (cpuSeconds() - from < measuredCpuSeconds) {
    work()
    records += batch
  }
  return Math.round(records / round(cpuSeconds() - from))
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
