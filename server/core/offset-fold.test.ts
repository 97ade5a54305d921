import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOffsetFold, toConnectorOffset } from '#server/core/offset-fold.ts'
import { decodeOffsetRecord, encodeOffsetRecord, offsetKey } from '#server/core/offset-record.ts'

const primitive = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.string(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n }),
)
const fields = fc.dictionary(fc.string(), primitive)
const entry = fc.record({ connector: fc.string({ minLength: 1 }), partition: fields, offset: fc.option(fields) })

test('I14: what is written is read again, 64-bit numbers to the last digit', () => {
  fc.assert(
    fc.property(entry, (given) => {
      expect(decodeOffsetRecord(encodeOffsetRecord(given))).toEqual(given)
    }),
  )
})

test('bytes that were read are written again, so that a tombstone meets its key', () => {
  for (const key of ['["a",{"b":1,"a":2}]', '["a",{"file":"Käse.txt","n":9007199254740993}]', '["a-1",{}]']) {
    const record = decodeOffsetRecord({ key, value: '{"position":1}' })
    if (record === 'malformed') throw new Error(`${key} is malformed`)
    expect(encodeOffsetRecord(record)).toEqual({ key, value: '{"position":1}' })
  }
})

test('the order of the properties is part of a partition, as it is to Kafka Connect', () => {
  expect(offsetKey('a', { db: 'x', table: 'y' })).not.toBe(offsetKey('a', { table: 'y', db: 'x' }))
  const fold = createOffsetFold()
  fold.apply({ key: '["a",{"db":"x","table":"y"}]', value: '{"id":1}' })
  expect(fold.lookup('a', { db: 'x', table: 'y' })).toEqual({ id: 1 })
  expect(fold.lookup('a', { table: 'y', db: 'x' })).toBeNull()
})

test('a tombstone takes an offset back, and the last one leaves no trace of the connector', () => {
  const fold = createOffsetFold()
  fold.apply(encodeOffsetRecord({ connector: 'a', partition: { f: 1 }, offset: { p: 1 } }))
  fold.apply(encodeOffsetRecord({ connector: 'a', partition: { f: 2 }, offset: { p: 2 } }))
  fold.apply(encodeOffsetRecord({ connector: 'a', partition: { f: 1 }, offset: null }))
  expect(fold.of('a').map(toConnectorOffset)).toEqual([{ partition: { f: 2 }, offset: { p: 2 } }])
  expect(fold.lookup('a', { f: 1 })).toBeNull()
  fold.apply(encodeOffsetRecord({ connector: 'a', partition: { f: 2 }, offset: null }))
  expect(fold.of('a')).toEqual([])
})

test('connectors whose names begin alike share nothing', () => {
  const fold = createOffsetFold()
  fold.apply(encodeOffsetRecord({ connector: 'a', partition: {}, offset: { p: 1 } }))
  expect(fold.lookup('a-0', {})).toBeNull()
  expect(fold.of('a-0')).toEqual([])
})

test('whatever a compaction takes, every partition has its last offset', () => {
  const small = fc.record({
    connector: fc.constantFrom('a', 'b'),
    partition: fc.record({ f: fc.nat(2) }),
    offset: fc.option(fc.record({ p: fc.nat() })),
  })
  fc.assert(
    fc.property(fc.array(small, { maxLength: 20 }), fc.nat(20), fc.boolean(), (history, cleanedTo, dropsTombstones) => {
      const records = history.map(encodeOffsetRecord)
      const newest = new Map(records.slice(0, cleanedTo).map(({ key }, at) => [key, at]))
      const kept = records.filter(({ key, value }, at) => {
        if (at >= cleanedTo) return true
        return newest.get(key) === at && !(value === null && dropsTombstones)
      })
      const [whole, compacted] = [createOffsetFold(), createOffsetFold()]
      for (const record of records) whole.apply(record)
      for (const record of kept) compacted.apply(record)
      for (const connector of ['a', 'b']) {
        const byKey = (entries: ReturnType<typeof whole.of>) => new Map(entries.map((stored) => [stored.key, stored]))
        expect(byKey(compacted.of(connector))).toEqual(byKey(whole.of(connector)))
      }
    }),
  )
})

describe('malformed is', () => {
  test.each([
    ['not json', '{}'],
    ['{"a":1}', '{}'],
    ['["a"]', '{}'],
    ['["a",{},1]', '{}'],
    ['[1,{}]', '{}'],
    ['["a",[]]', '{}'],
    ['["a","partition"]', '{}'],
    ['["a",{}]', '[]'],
    ['["a",{}]', 'x'],
    ['["a",{}]', 'null'],
  ])('%s with %s, and it changes nothing', (key, value) => {
    expect(decodeOffsetRecord({ key, value })).toBe('malformed')
    const fold = createOffsetFold()
    expect(fold.apply({ key, value })).toBe(false)
    expect(fold.of('a')).toEqual([])
  })
})
