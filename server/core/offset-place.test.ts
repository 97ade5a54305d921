import { expect, test } from 'vitest'
import { offsetPlaceOf } from '#server/core/offset-place.ts'

const worker = { 'bootstrap.servers': 'a:9092, b:9092', 'offset.storage.topic': 'offsets' }
const elsewhere = { 'bootstrap.servers': 'c:9092' }
const place = (exactlyOnce: boolean, topic?: string, producer: Record<string, string> = worker) =>
  offsetPlaceOf({
    worker,
    connector: topic === undefined ? {} : { 'offsets.storage.topic': topic },
    producer,
    exactlyOnce,
  })

test.each([false, true])(
  'a connector that says nothing shares the offsets topic of its worker (exactly once: %s)',
  (eos) => {
    expect(place(eos)).toEqual({ topic: 'offsets', own: false, sameCluster: true })
    expect(place(eos, 'offsets', { 'bootstrap.servers': 'b:9092,a:9092' }).own).toBe(false)
  },
)

test.each([false, true])('one that names a topic has it for itself (exactly once: %s)', (eos) => {
  expect(place(eos, 'mine')).toEqual({ topic: 'mine', own: true, sameCluster: true })
  expect(place(eos, 'offsets', elsewhere)).toEqual({ topic: 'offsets', own: true, sameCluster: false })
})

test('without a topic of its own, the offsets of one that writes elsewhere go along only with transactions', () => {
  expect(place(true, undefined, elsewhere)).toEqual({ topic: 'offsets', own: true, sameCluster: false })
  expect(place(false, undefined, elsewhere)).toEqual({ topic: 'offsets', own: false, sameCluster: false })
})
