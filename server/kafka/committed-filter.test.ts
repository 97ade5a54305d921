import { expect, test } from 'vitest'
import { visibleBatches } from '#server/kafka/committed-filter.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

/** `data` and `abort`/`commit` batches, one record each, at offsets 0, 1, 2 … */
function log(entries: [producerId: number, what: string][]) {
  const bytes = entries.map(([producerId, what], offset) => {
    const control = what === 'abort' || what === 'commit'
    // An int32 key of 0 looks like an abort marker; only the control bit tells.
    const key = Buffer.from([0, 0, 0, what === 'commit' ? 1 : 0])
    const transactional = producerId >= 0
    const producer = { producerId, epoch: 0, sequence: 0, transactional }
    const batch = encodeBatch([{ key, value: Buffer.from(what) }], { timestamp: 1, producer })
    batch.writeBigInt64BE(BigInt(offset), 0)
    if (control) batch.writeInt16BE(batch.readInt16BE(21) | 32, 21)
    return batch
  })
  return [...readBatches(Buffer.concat(bytes), { verifyCrc: false })]
}
const values = (batches: ReturnType<typeof visibleBatches>) => batches.map((batch) => `${batch.index().value(0)}`)

test('an aborted transaction is hidden up to its marker, the next one of the same producer is not', () => {
  const batches = log([
    [7, 'a'],
    [7, 'b'],
    [7, 'abort'],
    [7, 'c'],
    [7, 'commit'],
  ])
  expect(values(visibleBatches(batches, [{ producerId: 7, firstOffset: 0 }]))).toEqual(['c'])
})

test('overlapping aborts, given in any order, hide each their own producer', () => {
  const batches = log([
    [1, 'a'],
    [2, 'b'],
    [3, 'seen'],
    [1, 'c'],
    [1, 'abort'],
    [2, 'd'],
    [2, 'abort'],
    [-1, 'plain'],
    [3, 'commit'],
  ])
  const aborted = [
    { producerId: 2, firstOffset: 1 },
    { producerId: 1, firstOffset: 0 },
  ]
  expect(values(visibleBatches(batches, aborted))).toEqual(['seen', 'plain'])
})

test('a transaction that began before the answer is hidden in it', () => {
  const batches = log([
    [4, 'rest'],
    [4, 'abort'],
    [4, 'after'],
  ])
  expect(values(visibleBatches(batches, [{ producerId: 4, firstOffset: -50 }]))).toEqual(['after'])
})

test('two aborted transactions of one producer hide both and nothing between or behind', () => {
  const batches = log([
    [5, 'a'],
    [5, 'abort'],
    [5, 'kept'],
    [5, 'commit'],
    [5, 'b'],
    [5, 'abort'],
    [5, 'end'],
  ])
  const aborted = [
    { producerId: 5, firstOffset: 4 },
    { producerId: 5, firstOffset: 0 },
  ]
  expect(values(visibleBatches(batches, aborted))).toEqual(['kept', 'end'])
})

test('read_uncommitted sees aborted records, never markers', () => {
  const batches = log([
    [5, 'a'],
    [5, 'abort'],
    [6, 'b'],
  ])
  expect(values(visibleBatches(batches, undefined))).toEqual(['a', 'b'])
})
