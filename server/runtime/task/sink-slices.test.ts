import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { converters } from '#server/converters/catalog.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'
import { toSlices } from '#server/runtime/task/sink-slices.ts'
import { createTaskConverters, type TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { OwnPlugin } from '#server/runtime/task/task-plugins.ts'
import { createTaskTransforms } from '#server/runtime/task/task-transforms.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { type SinkSlice, sinkBatch } from '#server/sdk/records.ts'
import { predicates, transforms } from '#server/transforms/catalog.ts'

const own: OwnPlugin = (_what, plugin) => plugin
type Plain = Parameters<typeof encodeBatch>[0][number]

const stringConverter = 'org.apache.kafka.connect.storage.StringConverter'
const jsonConverter = 'org.apache.kafka.connect.json.JsonConverter'
const byteArrayConverter = 'org.apache.kafka.connect.converters.ByteArrayConverter'
const named = converters.map((plugin) => ({ ...plugin, aliases: [] }))
const convertersOf = (value: string, key = stringConverter) =>
  createTaskConverters(
    named,
    { 'key.converter': key, 'value.converter': value, 'header.converter': stringConverter },
    {},
    own,
  )
const withoutAliases = <P>(plugin: P) => ({ ...plugin, aliases: [] })
const chainPlugins = { transforms: transforms.map(withoutAliases), predicates: predicates.map(withoutAliases) }
const toleranceOf = (config: Record<string, string>) =>
  createTolerance({ taskName: 't-0', config, record: () => undefined, clock: systemClock, logger: quietLogger })

function fetched(records: readonly Plain[], startOffset = 0): FetchedPartition {
  const bytes = encodeBatch(records, { timestamp: 1_000 })
  return {
    topic: 'orders',
    partition: 3,
    highWatermark: records.length,
    batches: records.length === 0 ? [] : [...readBatches(bytes, { verifyCrc: true })],
    startOffset,
    nextOffset: records.length,
  }
}

function slicesOf(part: FetchedPartition, taskConverters: TaskConverters, takesTexts: boolean, config = {}) {
  const transforms = createTaskTransforms(chainPlugins, config, own)
  const slicing = { converters: taskConverters, transforms, tolerance: toleranceOf(config), takesTexts }
  const step = toSlices(part, slicing).next()
  if (!step.done) throw new Error('these converters ask nobody')
  return step.value
}
const recordsOf = (slices: readonly SinkSlice[]) => [...sinkBatch(slices)]
const textsOf = (slice: SinkSlice) => {
  const texts = slice.texts()
  return (
    texts && Array.from({ length: texts.count }, (_, i) => texts.bytes.toString('utf8', texts.starts[i], texts.ends[i]))
  )
}

test.each([true, false])(
  'a slice ends where what was handed over ends, as texts (%s) or records',
  async (takesTexts) => {
    const all = fetched(['a', 'b', 'c', 'd', 'e'].map((value) => ({ key: null, value: Buffer.from(value) })))
    const [slice, ...more] = slicesOf(
      { ...all, startOffset: 1, nextOffset: 3 },
      await convertersOf(stringConverter),
      takesTexts,
    )
    if (!slice) throw new Error('a slice')
    expect(more).toEqual([])
    expect(slice).toMatchObject({ count: 2, firstOffset: 1, nextOffset: 3 })
    expect(recordsOf([slice]).map(({ offset, value }) => [offset, value])).toEqual([
      [1, 'b'],
      [2, 'c'],
    ])
    expect(textsOf(slice)).toEqual(takesTexts ? ['b', 'c'] : undefined)
  },
)

const bytes = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 12 }).map((raw) => Buffer.from(raw)),
  fc
    .string()
    .map((text) => Buffer.from(JSON.stringify({ schema: { type: 'string', optional: false }, payload: text }))),
)
const record: fc.Arbitrary<Plain> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes, { freq: 20 }),
  headers: fc.array(fc.record({ name: fc.string(), value: fc.option(bytes) }), { maxLength: 1 }),
  timestamp: fc.nat(10_000),
})

test.each([stringConverter, byteArrayConverter, jsonConverter])(
  'texts of %s are what its records say, whatever lies in the topic',
  async (converter) => {
    const taskConverters = await convertersOf(converter)
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), fc.nat(9), (records, startOffset) => {
        const part = fetched(records, startOffset)
        const tolerant = { 'errors.tolerance': 'all' }
        const plain = slicesOf(part, taskConverters, false, tolerant)
        const fast = slicesOf(part, taskConverters, true, tolerant)
        expect(recordsOf(fast)).toEqual(recordsOf(plain))
        for (const slice of fast) {
          const texts = textsOf(slice)
          if (!texts) continue
          const values = recordsOf([slice]).map(({ value }) =>
            value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
          )
          expect(texts).toEqual(values)
        }
      }),
    )
  },
)

test('strings without keys or headers go the fast way, and only for a task that asked for it', async () => {
  const part = fetched([
    { key: null, value: Buffer.from('a') },
    { key: null, value: Buffer.from('é') },
  ])
  const [fast] = slicesOf(part, await convertersOf(stringConverter), true)
  expect(fast && textsOf(fast)).toEqual(['a', 'é'])
  const [plain] = slicesOf(part, await convertersOf(stringConverter), false)
  expect(plain?.texts()).toBeUndefined()
})

test('I14: a key that its converter refuses fails the record even when the sink cares for values alone', async () => {
  const part = fetched([{ key: Buffer.from('{'), value: Buffer.from('a') }])
  const picky = await convertersOf(stringConverter, jsonConverter)
  expect(() => recordsOf(slicesOf(part, picky, true))).toThrow('Tolerance exceeded in error handler')
})

test('records before the position are left out; a record that is skipped leaves the places of the others', async () => {
  const refusing = await convertersOf(stringConverter)
  const value = {
    ...refusing.value,
    toConnectData(topic: string, raw: Uint8Array | null) {
      if (raw && Buffer.from(raw).toString() === 'bad') throw new DataError('bad')
      return refusing.value.toConnectData(topic, raw)
    },
  }
  const part = fetched(
    ['0', '1', 'bad', '3'].map((text) => ({ key: null, value: Buffer.from(text) })),
    1,
  )
  const slices = slicesOf(part, { ...refusing, value }, false, { 'errors.tolerance': 'all' })
  expect(recordsOf(slices).map(({ offset, value: read }) => [offset, read])).toEqual([
    [1, '1'],
    [3, '3'],
  ])
  expect(slices[0]).toMatchObject({ topic: 'orders', partition: 3, firstOffset: 1, nextOffset: 4, count: 2 })
})

test('records pass the transforms behind the converters: dropped ones are missing, moved ones know where they were read', async () => {
  const part = fetched([
    { key: null, value: Buffer.from('a'), headers: [] },
    { key: null, value: null, headers: [] },
    { key: null, value: Buffer.from('b'), headers: [] },
  ])
  const slices = slicesOf(part, await convertersOf(stringConverter), true, {
    transforms: 'drop,route',
    'transforms.drop.type': 'org.apache.kafka.connect.transforms.Filter',
    'transforms.drop.predicate': 'tombstone',
    'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.route.regex': '(.*)',
    'transforms.route.replacement': 'eu-$1',
    predicates: 'tombstone',
    'predicates.tombstone.type': 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
  })
  expect(slices[0]?.texts()).toBeUndefined()
  expect(recordsOf(slices)).toMatchObject([
    { topic: 'eu-orders', offset: 0, value: 'a', origin: { topic: 'orders', partition: 3, offset: 0 } },
    { topic: 'eu-orders', offset: 2, value: 'b', origin: { topic: 'orders', partition: 3, offset: 2 } },
  ])
  expect(slices[0]).toMatchObject({ topic: 'orders', count: 2, nextOffset: 3 })
})
