import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batchHeaderBytes, createBatchBuilder, type PlainRecord, recordBound } from '#server/protocol/batch-builder.ts'
import { type Compression, compressionAttribute } from '#server/protocol/compression.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { encodeBatch, noProducer, readBatches, sealBatch } from '#server/protocol/record-batch.ts'

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const anyRecord: fc.Arbitrary<Required<PlainRecord>> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.record({ name: fc.string({ unit: 'grapheme', maxLength: 9 }), value: fc.option(bytes) }), {
    maxLength: 3,
  }),
  timestamp: fc.oneof(fc.integer({ min: -1, max: 4_000_000_000_000 }), fc.nat(1000), fc.constant(2 ** 52)),
})

function readAll(records: Buffer) {
  return [...readBatches(records, { verifyCrc: true })].flatMap((batch) => {
    const index = batch.index()
    return Array.from({ length: index.count }, (_, i) => ({
      key: index.key(i),
      value: index.value(i),
      headers: index.headers(i),
      timestamp: index.timestamp[i],
      offset: index.offset(i),
    }))
  })
}
const numbered = (records: readonly PlainRecord[]) => records.map((record, offset) => ({ ...record, offset }))

test('what was appended is read back: keys, values, nulls, headers in order, timestamps, offsets', () => {
  const compressions = fc.constantFrom(...(Object.keys(compressionAttribute) as Compression[]))
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 30 }), compressions, (records, compression) => {
      const batch = encodeBatch(records, { timestamp: 0, compression })
      expect(readAll(batch)).toEqual(numbered(records))
      const [view] = readBatches(batch, { verifyCrc: true })
      expect(view).toMatchObject({ count: records.length, compression, control: false, ...noProducer })
      expect(view?.maxTimestamp).toBe(Math.max(...records.map(({ timestamp }) => timestamp)))
    }),
  )
})

test('values written in place, copied from text or put in an envelope read back like appended ones', () => {
  const step = fc.record({ how: fc.constantFrom('append', 'text', 'envelope', 'reserve'), value: bytes, key: bytes })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(400), (steps, slack) => {
      const builder = createBatchBuilder(Buffer.alloc(batchHeaderBytes + 40_000))
      const expected: PlainRecord[] = []
      const headers = [{ name: 'h', value: Buffer.alloc(slack) }]
      steps.forEach(({ how, value, key }, i) => {
        const timestamp = 1000 + i * 40
        const padded = Buffer.concat([Buffer.from('<<'), value, Buffer.from('>>')])
        if (how === 'append') builder.append(timestamp, key, value, headers)
        if (how === 'text') builder.appendText(timestamp, padded, 2, 2 + value.length)
        if (how === 'envelope') {
          builder.appendEnveloped(timestamp, Buffer.from('{"'), padded, 2, 2 + value.length, Buffer.from('"}'))
        }
        if (how === 'reserve') {
          const at = builder.reserve(timestamp, key, value.length + slack)
          value.copy(builder.slab, at)
          expect(builder.commit(value.length, headers)).toBe(true)
        }
        const keyed = how === 'append' || how === 'reserve'
        expected.push({
          key: keyed ? key : null,
          value: how === 'envelope' ? Buffer.concat([Buffer.from('{"'), value, Buffer.from('"}')]) : value,
          headers: keyed ? headers : [],
          timestamp,
        })
      })
      expect(builder.count).toBe(steps.length)
      expect(readAll(sealBatch(builder.frame(), noProducer))).toEqual(numbered(expected))
    }),
  )
})

test('a record that does not fit leaves the batch as it was', () => {
  const builder = createBatchBuilder(Buffer.alloc(batchHeaderBytes + 20))
  expect(builder.append(5, null, Buffer.from('first'))).toBe(true)
  const size = builder.sizeBytes
  expect(builder.append(9, null, Buffer.from('too long by far'))).toBe(false)
  expect(builder.appendText(9, Buffer.alloc(30), 0, 30)).toBe(false)
  expect(builder.reserve(9, null, 30)).toBe(-1)
  expect([builder.count, builder.sizeBytes, builder.maxTimestamp]).toEqual([1, size, 5])
  expect(readAll(sealBatch(builder.frame(), noProducer))).toHaveLength(1)
})

test('a slab of header and bound always takes the record', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const builder = createBatchBuilder(Buffer.alloc(batchHeaderBytes + recordBound(record)))
      expect(builder.append(record.timestamp, record.key, record.value, record.headers)).toBe(true)
    }),
  )
})

test('a slab is used again after reset, and sealing again replaces the producer', () => {
  const builder = createBatchBuilder(Buffer.alloc(200))
  builder.append(1, null, Buffer.from('old'))
  builder.reset()
  builder.append(7, null, Buffer.from('new'))
  const producer = { producerId: 2 ** 40, epoch: 3, sequence: 9, transactional: true }
  const frame = sealBatch(sealBatch(builder.frame(), { ...noProducer, transactional: true }), producer)
  const [view] = readBatches(frame, { verifyCrc: true })
  expect(view).toMatchObject({ ...producer, baseTimestamp: 7, count: 1 })
  expect([...readBatches(sealBatch(frame, noProducer), { verifyCrc: true })][0]).toMatchObject(noProducer)
})

describe('what a broker sends', () => {
  const batch = encodeBatch([{ key: null, value: Buffer.from('v') }], { timestamp: 1 })

  test('a cut batch at the end is left out', () => {
    for (let cut = 1; cut < batch.length; cut++) {
      const records = Buffer.concat([batch, batch.subarray(0, batch.length - cut)])
      expect([...readBatches(records, { verifyCrc: true })]).toHaveLength(1)
    }
  })

  test('one flipped bit behind the CRC is noticed', () => {
    for (let at = 21; at < batch.length; at++) {
      const broken = Buffer.from(batch)
      broken[at] = (broken[at] ?? 0) ^ 1
      expect(() => [...readBatches(broken, { verifyCrc: true })]).toThrow(MalformedError)
    }
  })

  test('hostile records end in MalformedError, never in a hang or a read past the end', () => {
    const mutation = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 4 }), mutation, (records, changes) => {
        const broken = encodeBatch(records, { timestamp: 0 })
        for (const [at, byte] of changes) broken[16 + (at % (broken.length - 16))] = byte
        try {
          for (const view of readBatches(broken, { verifyCrc: false })) {
            const index = view.index()
            for (let i = 0; i < index.count; i++) index.headers(i)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('with LogAppendTime every record has the time of the broker', () => {
    const stamped = encodeBatch([{ key: null, value: null, timestamp: 5 }], { timestamp: 0 })
    stamped.writeInt16BE(8, 21)
    stamped.writeBigInt64BE(77n, 35)
    const [view] = readBatches(stamped, { verifyCrc: false })
    expect(view?.index().timestamp[0]).toBe(77)
  })
})

test.each([
  [0, 'abort'],
  [1, 'commit'],
] as const)('control type %i reads as %s, by the attribute and not by what the key looks like', (type, name) => {
  const marker = encodeBatch([{ key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) }], { timestamp: 1 })
  expect([...readBatches(marker, { verifyCrc: true })][0]?.controlType()).toBeUndefined()
  marker.writeInt16BE(0x30, 21)
  expect([...readBatches(marker, { verifyCrc: false })][0]?.controlType()).toBe(name)
})
