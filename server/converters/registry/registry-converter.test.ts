import { afterEach, expect, test } from 'vitest'
import { avroConverter } from '#server/converters/avro/avro-converter.ts'
import { type MemoryRegistry, startMemoryRegistry } from '#server/converters/test-tree/memory-registry.ts'
import { askingConverter } from '#server/converters/test-tree/settled.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'
import { DataError, RetriableError } from '#server/sdk/data-error.ts'
import { schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'

const opened: MemoryRegistry[] = []
afterEach(async () => {
  for (const registry of opened.splice(0)) await registry[Symbol.asyncDispose]()
})
async function start(options: Parameters<typeof startMemoryRegistry>[0] = {}) {
  const registry = await startMemoryRegistry(options)
  opened.push(registry)
  return registry
}

const order = schema.struct({ id: schema.int32() }, { name: 'shop.Order' })
const first = new Struct(order, { id: 1 })
const { signal } = new AbortController()
const subjectsOf = (registry: MemoryRegistry) =>
  registry.requests.map((request) => decodeURIComponent(request).replace(/^.*\/subjects\/([^/]*)\/versions$/, '$1'))

test('a schema is registered once, and its id asked for once, however many records there are', async () => {
  const registry = await start()
  const writer = askingConverter(avroConverter, registry.url)
  const bytes = await writer.from('orders', order, first)
  const converter = await writer.converter
  for (let i = 0; i < 100; i++) {
    expect(converter.fromConnectData('orders', order, new Struct(order, { id: i }))).not.toBeNull()
    // A schema that says the same is the same schema.
    const again = schema.struct({ id: schema.int32() }, { name: 'shop.Order' })
    converter.fromConnectData('orders', again, new Struct(again, { id: i }))
  }
  expect(registry.requests).toEqual(['POST /subjects/orders-value/versions'])
  const reader = askingConverter(avroConverter, registry.url)
  const read = await reader.to('orders', bytes)
  registry.requests.length = 0
  expect((await reader.converter).toConnectData('orders', bytes as Buffer).schema).toBe(read.schema)
  expect(registry.requests).toEqual([])
})

test.each([
  ['TopicNameStrategy', 'orders-value'],
  ['io.confluent.kafka.serializers.subject.RecordNameStrategy', 'shop.Order'],
  ['TopicRecordNameStrategy', 'orders-shop.Order'],
])('%s names the subject %s', async (strategy, subject) => {
  const registry = await start()
  const converter = askingConverter(avroConverter, registry.url, { 'value.subject.name.strategy': strategy })
  await converter.from('orders', order, first)
  expect(subjectsOf(registry)).toEqual([subject])
})

test('records of several schemas and topics in turn ask nothing twice', async () => {
  const registry = await start()
  const writer = askingConverter(avroConverter, registry.url)
  const other = schema.struct({ name: schema.string() }, { name: 'shop.Customer' })
  for (let i = 0; i < 5; i++) {
    for (const topic of ['a', 'b']) {
      expect((await writer.from(topic, order, first))?.subarray(5)).toEqual(Buffer.from([2]))
      expect((await writer.from(`${topic}-customers`, other, new Struct(other, { name: 'x' })))?.length).toBe(7)
    }
  }
  expect(registry.requests).toHaveLength(4)
})

test('the latest schema is asked for again when its time is over', async () => {
  const registry = await start()
  const text = (more: string) =>
    `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"int"}${more}]}`
  const { id } = registry.put('orders-value', { schema: text('') })
  const config = { 'auto.register.schemas': 'false', 'use.latest.version': 'true', 'latest.cache.ttl.sec': '0' }
  const writer = askingConverter(avroConverter, registry.url, config)
  expect((await writer.from('orders', order, first))?.subarray(1)).toEqual(Buffer.from([0, 0, 0, id, 2]))
  const newer = registry.put('orders-value', { schema: text(',{"name":"more","type":"int","default":1}') })
  expect((await writer.from('orders', order, first))?.subarray(1)).toEqual(Buffer.from([0, 0, 0, newer.id, 2, 2]))
})

test('the latest schema with certain metadata is the one to write with, whatever came after it', async () => {
  const registry = await start()
  registry.compatibility = 'NONE'
  const put = (major: string, more: string) =>
    registry.put('orders-value', {
      schema: `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"int"}${more}]}`,
      metadata: { properties: { 'application.major.version': major, owner: 'a b&c' } },
    })
  const { id } = put('1', '')
  const two = put('2', ',{"name":"more","type":"int","default":1}')
  const writer = (metadata: string) =>
    askingConverter(avroConverter, registry.url, {
      'auto.register.schemas': 'false',
      // Goes behind the metadata.
      'use.latest.version': 'true',
      'use.latest.with.metadata': metadata,
    })
  const write = async (metadata: string) => (await writer(metadata).from('orders', order, first))?.subarray(1)
  expect(await write('application.major.version=1, owner=a b&c')).toEqual(Buffer.from([0, 0, 0, id, 2]))
  expect(await write('application.major.version=2')).toEqual(Buffer.from([0, 0, 0, two.id, 2, 2]))
  expect(await write('owner=a b&c')).toEqual(Buffer.from([0, 0, 0, two.id, 2, 2]))
  await expect(write('application.major.version=3')).rejects.toThrow(DataError)
  await expect(writer('application').converter).rejects.toThrow(
    'Invalid value application for configuration use.latest.with.metadata: Expected key=value',
  )
})

test('a key has a subject of its own, and record strategies want records', async () => {
  const registry = await start()
  await askingConverter(avroConverter, registry.url, {}, true).from('orders', schema.string(), 'k')
  expect(subjectsOf(registry)).toEqual(['orders-key'])
  const converter = askingConverter(avroConverter, registry.url, {
    'value.subject.name.strategy': 'RecordNameStrategy',
  })
  await expect(converter.from('orders', schema.string(), 'x')).rejects.toThrow(DataError)
  const unknown = askingConverter(avroConverter, registry.url, { 'value.subject.name.strategy': 'Mine' })
  await expect(unknown.converter).rejects.toThrow(
    'Invalid value Mine for configuration value.subject.name.strategy: Class Mine could not be found.',
  )
})

test('a registry that is away is waited for, and no fault of the record', async () => {
  const registry = await start()
  const converter = askingConverter(avroConverter, registry.url)
  registry.failWith = 503
  await expect(converter.from('orders', order, first)).rejects.toThrow(RetriableError)
  registry.failWith = undefined
  expect(await converter.from('orders', order, first)).not.toBeNull()
})

test('an id that the registry does not know is the fault of the record, and is not asked for each time', async () => {
  const registry = await start()
  const converter = askingConverter(avroConverter, registry.url)
  const bytes = Buffer.from('000000002a00', 'hex')
  await expect(converter.to('orders', bytes)).rejects.toThrow('Failed to deserialize data for topic orders to Avro: ')
  await expect(converter.to('orders', bytes)).rejects.toThrow(DataError)
  expect(registry.requests).toEqual(['GET /schemas/ids/42'])
})

test('bytes of another form are refused without a question', async () => {
  const registry = await start()
  const converter = askingConverter(avroConverter, registry.url)
  for (const bytes of [Buffer.alloc(0), Buffer.from('{"a":1}'), Buffer.from([0, 0, 0, 0])]) {
    const error = await converter.to('orders', bytes).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DataError)
    expect((error as Error).cause).toMatchObject({ message: 'Unknown magic byte!' })
  }
  expect(registry.requests).toEqual([])
})

test('who may not ask has a task that fails, whatever it tolerates', async () => {
  const registry = await start({ authorization: 'Basic eA==' })
  const error = await askingConverter(avroConverter, registry.url)
    .from('orders', order, first)
    .catch((thrown: unknown) => thrown)
  expect(error).not.toBeInstanceOf(DataError)
  expect(error).toMatchObject({ status: 401 })
})

test('a schema that the subject refuses is the fault of the record, in the words of the registry', async () => {
  const registry = await start()
  const converter = askingConverter(avroConverter, registry.url)
  await converter.from('orders', order, first)
  const other = schema.struct({ id: schema.string(), more: schema.int32() }, { name: 'shop.Order' })
  const error = await converter
    .from('orders', other, new Struct(other, { id: 'x', more: 1 }))
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DataError)
  expect(String((((error as Error).cause as Error).cause as Error).cause)).toContain(
    'Schema being registered is incompatible with an earlier schema; error code: 409',
  )
})

test('without auto.register.schemas only what is registered is written', async () => {
  const registry = await start()
  const strict = { 'auto.register.schemas': 'false' }
  await expect(askingConverter(avroConverter, registry.url, strict).from('orders', order, first)).rejects.toThrow(
    DataError,
  )
  expect(registry.versions('orders-value')).toEqual([])
  await askingConverter(avroConverter, registry.url).from('orders', order, first)
  expect(await askingConverter(avroConverter, registry.url, strict).from('orders', order, first)).not.toBeNull()
  const id = registry.versions('orders-value')[0]?.id ?? 0
  const fixed = askingConverter(avroConverter, registry.url, { ...strict, 'use.schema.id': `${id}` })
  expect((await fixed.from('elsewhere', order, first))?.readInt32BE(1)).toBe(id)
})

test('normalizing is asked of the registry', async () => {
  const registry = await start()
  await askingConverter(avroConverter, registry.url, { 'normalize.schemas': 'true' }).from('orders', order, first)
  expect(registry.requests).toEqual(['POST /subjects/orders-value/versions?normalize=true'])
})

test('only as many schemas are kept as the setting allows', async () => {
  const registry = await start()
  const converter = askingConverter(avroConverter, registry.url, { 'schemas.cache.config': '1' })
  const orders = await converter.from('a', order, first)
  const texts = await converter.from('b', schema.string(), 'x')
  registry.requests.length = 0
  await converter.to('a', orders)
  await converter.to('b', texts)
  const made = await converter.converter
  expect(isPendingWhen(() => made.toConnectData('a', orders as Buffer))).toBe(true)
  await converter.to('a', orders)
  expect(registry.requests.filter((request) => request.startsWith('GET'))).toHaveLength(3)
})

function isPendingWhen(convert: () => unknown): boolean {
  try {
    convert()
    return false
  } catch (error) {
    return isPending(error)
  }
}

test('a wait ends with the task', async () => {
  const registry = await start()
  registry.silent = true
  const converter = await askingConverter(avroConverter, registry.url).converter
  const stop = new AbortController()
  try {
    converter.fromConnectData('orders', order, first)
    expect.unreachable()
  } catch (error) {
    if (!isPending(error)) throw error
    const settling = error.settle(stop.signal)
    stop.abort()
    await expect(settling).rejects.toBe(stop.signal.reason)
  }
  expect(signal.aborted).toBe(false)
})
