import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TailPlace } from '#server/contract/topics.ts'
import type { Placed } from '#server/topics/merge.ts'
import { createTailLedger } from '#server/topics/tail-ledger.ts'

const nothing: TailPlace = { delivered: 0, filtered: 0, skipped: 0, next: [] }
const sum = ({ delivered, filtered, skipped }: Omit<TailPlace, 'next'>) => delivered + filtered + skipped

const step = fc.oneof(
  fc.record({
    type: fc.constant('read' as const),
    partition: fc.nat(2),
    kept: fc.nat(8),
    filtered: fc.nat(5),
    skipped: fc.nat(5),
  }),
  fc.record({ type: fc.constant('frame' as const), records: fc.integer({ min: 1, max: 10 }) }),
)

test('the counters add up at every frame, and records come once, in order, also across tails that go on from each other', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 40 }), (steps) => {
      let place = nothing
      let ledger = open(place)
      const offsets = new Map<number, number>()
      const shown = new Map<number, number[]>()
      let read = 0
      let placed = 0
      let offered = 0
      for (const [each, reopen] of steps) {
        if (each.type === 'read') {
          const from = offsets.get(each.partition) ?? 0
          const next = from + each.kept + each.filtered + each.skipped
          const kept = Array.from({ length: each.kept }, (_, i) => ({
            partition: each.partition,
            offset: next - each.kept + i,
            timestamp: offered++,
          }))
          ledger.read(each.partition, next, { ...each, kept })
          offsets.set(each.partition, next)
          read += next - from
          continue
        }
        const frame = ledger.frame({ records: each.records, bytes: 1_000 })
        place = frame.place
        placed += frame.records.length
        expect(frame.records.length).toBeLessThanOrEqual(each.records)
        expect(sum(place)).toBe(read)
        expect(place.delivered).toBe(placed)
        expect(new Map(place.next.map(({ partition, offset }) => [partition, offset]))).toEqual(offsets)
        for (const { partition, offset } of frame.records)
          shown.set(partition, [...(shown.get(partition) ?? []), offset])
        if (reopen) ledger = open(place)
      }
      for (const list of shown.values()) expect(list).toEqual([...new Set(list)].toSorted((a, b) => a - b))
    }),
  )
})

function open(place: TailPlace, mostWaiting = 12) {
  const ledger = createTailLedger<Placed>({ before: place, mostWaiting, sizeOf: () => 1 })
  for (const { partition, offset } of place.next) ledger.follow(partition, offset)
  return ledger
}

const record = (offset: number, partition = 0) => ({ partition, offset, timestamp: offset })
const all = { filtered: 0, skipped: 0 }

test('a frame shows the newest and skips the older', () => {
  const ledger = open(nothing, 100)
  ledger.read(0, 10, { ...all, kept: [1, 4, 7].map((offset) => record(offset)) })
  ledger.read(1, 10, { ...all, kept: [2, 5, 8].map((offset) => record(offset, 1)) })
  const { records, place } = ledger.frame({ records: 4, bytes: 100 })
  expect(records.map(({ offset }) => offset)).toEqual([4, 5, 7, 8])
  expect(place).toMatchObject({ delivered: 4, skipped: 2 })
  expect(ledger.frame({ records: 4, bytes: 100 }).records).toEqual([])
})

test('a frame stays within its bytes, and still shows a single record that is larger', () => {
  const ledger = createTailLedger<Placed>({ before: nothing, mostWaiting: 100, sizeOf: ({ offset }) => offset })
  ledger.read(0, 40, { ...all, kept: [10, 20, 30].map((offset) => record(offset)) })
  expect(ledger.frame({ records: 100, bytes: 55 }).records.map(({ offset }) => offset)).toEqual([20, 30])
  ledger.read(0, 1000, { ...all, kept: [record(999)] })
  expect(ledger.frame({ records: 100, bytes: 55 })).toMatchObject({
    records: [record(999)],
    place: { delivered: 3, skipped: 1 },
  })
})

test('no more wait for a frame than may', () => {
  const ledger = open(nothing, 5)
  for (let i = 0; i < 50; i++) ledger.read(0, i + 1, { ...all, kept: [record(i)] })
  expect(ledger.frame({ records: 100, bytes: 100 })).toMatchObject({
    records: [45, 46, 47, 48, 49].map((offset) => record(offset)),
    place: { delivered: 5, skipped: 45 },
  })
})
