import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addPartitions,
  complete,
  fence,
  firstTransaction,
  hasPartition,
  initialise,
  prepareEnd,
  type Transaction,
  transactionStates,
} from '#server/broker/transactions/transaction.ts'
import {
  decodeTransaction,
  decodeTransactionKey,
  encodeTransaction,
  encodeTransactionKey,
} from '#server/broker/transactions/transaction-format.ts'

let producerIds = 100
const newProducerId = () => ++producerIds
const ask = { timeoutMs: 60_000, now: 5, newProducerId }
const place = { topic: 't', partition: 0 }

const identity = ({ producerId, epoch }: Transaction) => ({ producerId, epoch })
const opened = (transaction: Transaction, version: 0 | 2) =>
  addPartitions(transaction, identity(transaction), [place], { version, now: 5 })
const ended = (transaction: Transaction, version: 0 | 2, committed = true, as = identity(transaction)) => {
  const prepared = prepareEnd(transaction, as, { committed, version, now: 6, newProducerId })
  return prepared.state.startsWith('Prepare') ? complete(prepared, 7) : prepared
}
const fresh = (epoch = 0): Transaction => ({ ...firstTransaction(7, 60_000, 1), epoch })

describe('an epoch is given', () => {
  test('to whoever names the transactional id alone, and fences whoever had the one before', () => {
    const second = initialise(fresh(), undefined, ask)
    expect(identity(second)).toEqual({ producerId: 7, epoch: 1 })
    expect(() => opened({ ...second, epoch: 1 }, 0)).not.toThrow()
    expect(() => addPartitions(second, { producerId: 7, epoch: 0 }, [place], { version: 0, now: 5 })).toThrow(
      'PRODUCER_FENCED',
    )
    expect(() => initialise(second, { producerId: 7, epoch: 0 }, ask)).toThrow('PRODUCER_FENCED')
  })

  test('to the producer that names its present one, and the same again when the answer was lost', () => {
    const bumped = initialise(fresh(3), { producerId: 7, epoch: 3 }, ask)
    expect(bumped.epoch).toBe(4)
    expect(identity(initialise(bumped, { producerId: 7, epoch: 3 }, ask))).toEqual({ producerId: 7, epoch: 4 })
  })

  test('with a new producer id when the epochs are used up', () => {
    const rotated = initialise(fresh(32_766), { producerId: 7, epoch: 32_766 }, ask)
    expect(rotated).toMatchObject({ producerId: producerIds, epoch: 0, previousProducerId: 7 })
    expect(identity(initialise(rotated, { producerId: 7, epoch: 32_766 }, ask))).toEqual(identity(rotated))
    const later = initialise(rotated, undefined, ask)
    expect(() => initialise(later, { producerId: 7, epoch: 32_766 }, ask)).toThrow('PRODUCER_FENCED')
  })
})

describe('a transaction', () => {
  test('is open from its first partition on, and takes nothing of another producer', () => {
    const open = opened(fresh(), 0)
    expect([open.state, open.startedAt]).toEqual(['Ongoing', 5])
    expect(hasPartition(open, { producerId: 7, epoch: 0 }, 't', 0)).toBe(true)
    expect(hasPartition(open, { producerId: 7, epoch: 0 }, 't', 1)).toBe(false)
    expect(() => hasPartition(open, { producerId: 8, epoch: 0 }, 't', 0)).toThrow('INVALID_PRODUCER_ID_MAPPING')
    expect(() => hasPartition(undefined, { producerId: 8, epoch: 0 }, 't', 0)).toThrow('INVALID_PRODUCER_ID_MAPPING')
    expect(opened(open, 0)).toBe(open)
  })

  test('takes nothing more while its end is being carried out', () => {
    const open = opened(fresh(), 0)
    const prepared = prepareEnd(open, identity(open), { committed: true, version: 0, now: 6, newProducerId })
    expect(() => opened(prepared, 0)).toThrow('CONCURRENT_TRANSACTIONS')
    expect(() => ended(prepared, 0)).toThrow('CONCURRENT_TRANSACTIONS')
  })

  test('of version 1 keeps its epoch; its end may be asked for again, its opposite not', () => {
    const done = ended(opened(fresh(), 0), 0)
    expect(done).toMatchObject({ state: 'CompleteCommit', epoch: 0, startedAt: -1 })
    expect(done.partitions.size).toBe(0)
    expect(ended(done, 0)).toBe(done)
    expect(() => ended(done, 0, false)).toThrow('INVALID_TXN_STATE')
    expect(() => ended(fresh(), 0)).toThrow('INVALID_TXN_STATE')
  })

  test('of version 2 moves the epoch on; a repetition comes in the old epoch, a new end in the new one', () => {
    const first = fresh()
    const done = ended(opened(first, 2), 2)
    expect(done).toMatchObject({ state: 'CompleteCommit', producerId: 7, epoch: 1 })
    expect(ended(done, 2, true, identity(first))).toBe(done)
    expect(() => ended(done, 2, false, identity(first))).toThrow('INVALID_TXN_STATE')
    expect(() => ended(done, 2)).toThrow('INVALID_TXN_STATE')
    expect(ended(done, 2, false)).toMatchObject({ state: 'CompleteAbort', epoch: 2 })
    expect(ended(fresh(), 2, false)).toMatchObject({ state: 'CompleteAbort', epoch: 1 })
    expect(() => ended(opened(done, 2), 2, true, identity(first))).toThrow('PRODUCER_FENCED')
  })

  test('of version 2 in the last epoch ends with a new producer id, also for a repetition', () => {
    const last = fresh(32_766)
    const prepared = prepareEnd(opened(last, 2), identity(last), { committed: true, version: 2, now: 6, newProducerId })
    // The markers are written in the old name: it must be closed.
    expect(identity(prepared)).toEqual({ producerId: 7, epoch: 32_767 })
    const done = complete(prepared, 7)
    expect(done).toMatchObject({ producerId: producerIds, epoch: 0, previousProducerId: 7, nextProducerId: -1 })
    expect(ended(done, 2, true, identity(last))).toBe(done)
  })

  test('that was aborted from outside leaves its producer fenced', () => {
    const open = opened(fresh(), 0)
    const done = complete(fence(open, 9), 9)
    expect(done).toMatchObject({ state: 'CompleteAbort', epoch: 1 })
    expect(() => ended(done, 0, true, identity(open))).toThrow('PRODUCER_FENCED')
    expect(() => initialise(done, identity(open), ask)).toThrow('PRODUCER_FENCED')
  })
})

test('what is stored reads back, but for what only a running coordinator knows', () => {
  const anyTransaction = fc.record({
    state: fc.constantFrom(...transactionStates),
    producerId: fc.maxSafeInteger().map(Math.abs),
    epoch: fc.integer({ min: 0, max: 32_767 }),
    previousProducerId: fc.integer({ min: -1 }),
    previousEpoch: fc.constant(-1),
    nextProducerId: fc.integer({ min: -1 }),
    timeoutMs: fc.integer({ min: 1 }),
    partitions: fc
      .array(fc.tuple(fc.string({ maxLength: 9 }), fc.array(fc.nat(), { minLength: 1, maxLength: 3 })))
      .map((topics) => new Map(topics.map(([topic, partitions]) => [topic, new Set(partitions)]))),
    startedAt: fc.integer({ min: -1 }),
    updatedAt: fc.nat(),
    version: fc.constantFrom(0 as const, 2 as const),
  })
  fc.assert(
    fc.property(anyTransaction, fc.string({ unit: 'grapheme', maxLength: 20 }), (transaction, id) => {
      expect(decodeTransaction(encodeTransaction(transaction))).toEqual(transaction)
      expect(decodeTransactionKey(encodeTransactionKey(id))).toBe(id)
    }),
  )
})
