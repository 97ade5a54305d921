import { expect, test } from 'vitest'
import {
  boundaryAtIntervals,
  boundaryAtPolls,
  boundaryByConnector,
  createBoundaryRequests,
} from '#server/core/transaction-boundary.ts'
import type { SourceRecord } from '#server/sdk/records.ts'

const record = (topic: string): SourceRecord => ({ topic, value: null, sourcePartition: null, sourceOffset: null })

test('by polls: every batch ends a transaction, and so does an end', () => {
  const boundary = boundaryAtPolls()
  boundary.begin(0)
  expect([boundary.afterRecord(record('t')), boundary.afterBatch(1), boundary.atEnd(false)]).toEqual([
    'go on',
    'commit',
    'commit',
  ])
  expect(boundary.dueAt()).toBeUndefined()
})

test('by interval: the first batch after it ends the transaction, and the next interval begins there', () => {
  const boundary = boundaryAtIntervals(100)
  boundary.begin(1_000)
  expect(boundary.dueAt()).toBe(1_100)
  expect([1_001, 1_099, 1_100, 1_101, 1_199, 1_250].map((now) => boundary.afterBatch(now))).toEqual(
    ['go on', 'go on', 'commit', 'go on', 'go on', 'commit'], // 1,200 is due, 1,250 is when a batch comes
  )
  expect(boundary.dueAt()).toBe(1_350)
  boundary.begin(9_000)
  expect(boundary.dueAt()).toBe(9_100)
  expect(boundary.atEnd(false)).toBe('commit')
})

test('by the connector: nothing ends unless it asks, and each request counts once', () => {
  const requests = createBoundaryRequests()
  const boundary = boundaryByConnector(requests)
  const [a, b, c] = [record('a'), record('b'), record('c')]
  expect([boundary.splitsBatches, boundary.afterBatch(0), boundary.atEnd(true)]).toEqual([false, 'go on', 'go on'])
  requests.commitTransaction(a)
  requests.abortTransaction(b)
  expect(boundary.splitsBatches).toBe(true)
  expect([a, b, c, a].map(boundary.afterRecord)).toEqual(['commit', 'abort', 'go on', 'go on'])
  expect(boundary.splitsBatches).toBe(false)
  requests.commitTransaction()
  expect([boundary.afterBatch(0), boundary.afterBatch(0)]).toEqual(['commit', 'go on'])
  requests.abortTransaction()
  expect(boundary.atEnd(true)).toBe('abort')
})

test('by the connector: a batch that was not handed over whole is not committed at the end', () => {
  const requests = createBoundaryRequests()
  requests.commitTransaction()
  expect(boundaryByConnector(requests).atEnd(false)).toBe('go on')
})

test('by the connector: commit and abort of the same cannot both be, and no record is no record', () => {
  const requests = createBoundaryRequests()
  const one = { ...record('t'), partition: 3 }
  requests.commitTransaction(one)
  requests.abortTransaction(one)
  expect(() => requests.takeFor(one)).toThrow(
    'Connector requested both commit and abort of same record against topic/partition t/3',
  )
  requests.commitTransaction()
  requests.abortTransaction()
  expect(() => requests.takeForBatch()).toThrow('Connector requested both commit and abort of same transaction')
  expect(() => requests.commitTransaction(undefined)).toThrow('may not be null')
})
