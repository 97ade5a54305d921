import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventEntry } from '#server/contract/events.ts'
import { createEventWindow } from '#server/core/event-window.ts'

const entryAt = (position: number): EventEntry => ({
  ...{ id: `0-${position}`, at: position, kind: 'log', level: 'INFO', worker: 'w:1', message: String(position) },
})
const positions = (placed: Iterable<{ position: number }>) => [...placed].map(({ position }) => position)

test('I12: never holds more entries or bytes than it may, and always the newest of them, in order', () => {
  const entries = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 3 }), bytes: fc.integer({ min: 1, max: 50 }) }))
  const limits = fc.record({ entries: fc.integer({ min: 1, max: 8 }), bytes: fc.integer({ min: 1, max: 120 }) })
  fc.assert(
    fc.property(entries, limits, (given, limit) => {
      const window = createEventWindow(limit)
      const added: { position: number; bytes: number }[] = []
      for (const { gap, bytes } of given) {
        const position = (added.at(-1)?.position ?? -1) + gap
        window.add({ position, entry: entryAt(position) }, bytes)
        added.push({ position, bytes })
        const kept = positions(window.from(0))
        const newest = added.slice(added.length - kept.length)
        expect(kept).toEqual(newest.map((one) => one.position))
        expect(kept.length).toBeLessThanOrEqual(limit.entries)
        // One that is larger than the window alone stays until the next.
        if (kept.length > 1) {
          expect(newest.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(limit.bytes)
        }
        const missing = added[added.length - kept.length - 1]
        const withIt = newest.reduce((sum, one) => sum + one.bytes, missing?.bytes ?? 0)
        if (missing) expect(kept.length === limit.entries || withIt > limit.bytes).toBe(true)
      }
    }),
  )
})

test('answers what stands before a position, newest first, and what stands from one on', () => {
  const window = createEventWindow({ entries: 3, bytes: 1_000 })
  for (const position of [1, 2, 5, 9]) window.add({ position, entry: entryAt(position) }, 1)
  expect(positions(window.before(9))).toEqual([5, 2])
  expect(positions(window.before(Number.POSITIVE_INFINITY))).toEqual([9, 5, 2])
  expect(positions(window.from(3))).toEqual([5, 9])
  expect(window.oldest()).toBe(2)
  expect(window.next()).toBe(10)
})

test('begins anew when the log does', () => {
  const window = createEventWindow({ entries: 3, bytes: 1_000 })
  for (const position of [7, 8, 0]) window.add({ position, entry: entryAt(position) }, 1)
  expect(positions(window.from(0))).toEqual([0])
  expect(window.next()).toBe(1)
})
