import { expect, test } from 'vitest'
import { hangingOf } from '#e2e/observers/hanging-transactions.ts'

const producerIn = (partitionIndex: number, producerId: number, currentTxnStartOffset: number) => ({
  ...{ partitionIndex, errorCode: 0, errorMessage: null },
  activeProducers: [
    { producerId, producerEpoch: 3, lastSequence: 0, lastTimestamp: 0, coordinatorEpoch: 0, currentTxnStartOffset },
  ],
})
const transaction = (producerId: number, transactionState: string, partitions: number[]) => ({
  ...{ errorCode: 0, transactionalId: 'id', transactionState, transactionTimeoutMs: 1, transactionStartTimeMs: 1 },
  ...{ producerId, producerEpoch: 3, topics: [{ topic: 't', partitions }] },
})

test('a transaction hangs that is open in a partition, and that its coordinator will not end there', () => {
  const topics = [{ name: 't', partitions: [producerIn(0, 7, 40), producerIn(1, 7, 50), producerIn(2, 8, -1)] }]
  const hangs = (partition: number, firstOffset: number) => ({
    ...{ topic: 't', partition, producerId: 7, producerEpoch: 3, firstOffset },
  })
  expect(hangingOf(topics, [transaction(7, 'Ongoing', [0, 1])])).toEqual([])
  expect(hangingOf(topics, [transaction(7, 'PrepareCommit', [0])])).toEqual([hangs(1, 50)])
  expect(hangingOf(topics, [transaction(7, 'CompleteCommit', [0, 1])])).toEqual([hangs(0, 40), hangs(1, 50)])
  expect(hangingOf(topics, [transaction(9, 'Ongoing', [0, 1])])).toEqual([hangs(0, 40), hangs(1, 50)])
})
