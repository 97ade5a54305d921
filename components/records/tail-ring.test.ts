import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTailRing } from '#components/records/tail-ring.ts'
import type { TopicRecord } from '#server/contract/topics.ts'

const record = (offset: number): TopicRecord => ({
  partition: 0,
  offset,
  timestamp: 0,
  key: null,
  value: null,
  headers: [],
  size: 0,
})

const event = (from: number, n: number) => ({
  records: Array.from({ length: n }, (_, i) => record(from + i)),
  delivered: from + n,
  filtered: 0,
  skipped: 0,
  behind: 0,
})

test('pausing keeps the place and resuming continues without a gap', () => {
  const ring = createTailRing(100, (draw) => draw())
  ring.push(event(0, 3))
  ring.pause()
  const before = ring.view().rows
  ring.push(event(3, 2))
  expect(ring.view().rows).toBe(before)
  expect(ring.view().waiting).toBe(2)
  ring.resume('continue')
  expect(ring.view().rows.map((row) => row.offset)).toEqual([0, 1, 2, 3, 4])
})

test('a stream that is opened again shows no record twice', () => {
  const ring = createTailRing(100, (draw) => draw())
  ring.push(event(0, 4))
  ring.push({ ...event(2, 3), delivered: 3 })
  expect(ring.view().rows.map((row) => row.offset)).toEqual([0, 1, 2, 3, 4])
  expect(ring.view().delivered).toBe(5)
})

test('many events before a frame cost one paint', () => {
  const frames: (() => void)[] = []
  const ring = createTailRing(100, (draw) => frames.push(draw))
  let paints = 0
  ring.subscribe(() => paints++)
  for (let n = 0; n < 50; n++) ring.push(event(n, 1))
  expect(frames).toHaveLength(1)
  frames[0]?.()
  expect([paints, ring.view().rows.length]).toEqual([1, 50])
})

test('the counters add up and memory stays bounded whatever happens in whatever order', () => {
  const step = fc.oneof(
    fc.record({ push: fc.nat({ max: 40 }) }),
    fc.constantFrom('pause', 'continue', 'jump') as fc.Arbitrary<'pause' | 'continue' | 'jump'>,
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ring = createTailRing(25, (draw) => draw())
      let next = 0
      for (const each of steps) {
        if (each === 'pause') ring.pause()
        else if (each === 'continue' || each === 'jump') ring.resume(each)
        else {
          ring.push(event(next, each.push))
          next += each.push
        }
        const view = ring.view()
        expect(view.rows.length + view.waiting + view.dropped).toBe(next)
        expect(view.rows.length).toBeLessThanOrEqual(25)
        expect(view.waiting).toBeLessThanOrEqual(25)
      }
    }),
  )
})
