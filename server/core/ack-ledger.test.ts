import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAckLedger } from '#server/core/ack-ledger.ts'

test('I1, I6: never commits past a batch that is still unacknowledged', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 60 }), fc.nat(20), (order, count) => {
      const ledger = createAckLedger<number>()
      const acks = Array.from({ length: count }, (_, offset) => ledger.sent(offset))
      const acked = new Set<number>()
      for (const pick of order) {
        if (count === 0) break
        acks[pick % count]?.()
        acked.add(pick % count)
        const committable = ledger.takeCommittable()
        if (committable === undefined) continue
        for (let offset = 0; offset <= committable; offset++) expect(acked.has(offset)).toBe(true)
      }
    }),
  )
})

test('I5: what is committable never goes back, whenever it is taken', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(19), { maxLength: 60 }), fc.array(fc.boolean(), { maxLength: 60 }), (order, takes) => {
      const ledger = createAckLedger<number>()
      const acks = Array.from({ length: 20 }, (_, offset) => ledger.sent(offset))
      const taken = order.flatMap((pick, step) => {
        acks[pick]?.()
        return takes[step] ? (ledger.takeCommittable() ?? []) : []
      })
      expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b))
    }),
  )
})

test('everything acknowledged is committable, in whatever order it was', () => {
  const shuffles = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 })
  fc.assert(
    fc.property(shuffles, (order) => {
      const ledger = createAckLedger<number>()
      const acks = [0, 1, 2, 3, 4, 5].map((offset) => ledger.sent(offset))
      for (const offset of order) acks[offset]?.()
      expect(ledger.takeCommittable()).toBe(5)
      expect(ledger.open).toBe(0)
    }),
  )
})

test('an offset is taken once', () => {
  const ledger = createAckLedger<string>()
  ledger.sent('a')()
  expect(ledger.takeCommittable()).toBe('a')
  expect(ledger.takeCommittable()).toBeUndefined()
})
