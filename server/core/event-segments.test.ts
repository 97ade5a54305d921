import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeEvent, type PlacelessEvent } from '#server/core/event-record.ts'
import {
  baseOf,
  type EventSegment,
  eventsInSegment,
  isFull,
  outlived,
  segmentLine,
  segmentName,
  segmentParts,
} from '#server/core/event-segments.ts'

const eventOf = (message: string): PlacelessEvent => ({ at: 7, kind: 'log', level: 'INFO', worker: 'w:1', message })
const lineOf = (position: number, message: string) => segmentLine(position, encodeEvent(eventOf(message)).value)

test('whatever an entry says, it is read as it was written, with its place; of a torn segment all but the torn line', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.nat(), fc.nat(), (messages, base, cut) => {
      const lines = messages.map((message, n) => lineOf(base + n, message))
      const found = eventsInSegment(lines.join(''))
      const expected = messages.map((message, n) => ({ ...eventOf(message), id: `own-${base + n}` }))
      expect(found.map(({ entry }) => entry)).toEqual(expected)
      expect(found.map(({ position }) => position)).toEqual(messages.map((_, n) => base + n))
      const last = lines.at(-1) ?? ''
      const torn = last.slice(0, cut % Math.max(1, last.length - 1))
      const rest = [...lines.slice(0, -1), torn, '\n', lineOf(base + 900, 'after')].join('')
      expect(eventsInSegment(rest).map(({ entry }) => entry.message)).toEqual([...messages.slice(0, -1), 'after'])
    }),
  )
})

test('lines that are none of ours are left out', () => {
  const foreign = ['{"position":1}', '{"position":-1,"at":1}', 'x', '[]', '{"at":1}', '']
  expect(eventsInSegment([...foreign, lineOf(5, 'ours')].join('\n')).map(({ position }) => position)).toEqual([5])
})

test('names of segments sort as their positions do, and tell them', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (one, other) => {
      expect(baseOf(segmentName(one))).toBe(one)
      expect(segmentName(one) < segmentName(other)).toBe(one < other)
    }),
  )
  expect(['worker.lock', '12.jsonl', '000000000000012.json'].map(baseOf)).toEqual([undefined, undefined, undefined])
})

test('I12: what stays is within its size and its age, and nothing goes that could stay', () => {
  const sizes = fc.array(fc.record({ bytes: fc.nat(100), gapMs: fc.nat(50) }))
  fc.assert(
    fc.property(sizes, fc.nat(300), fc.nat(200), fc.nat(60), (given, bytes, ageMs, coming) => {
      let at = 0
      const segments: EventSegment[] = given.map((one, base) => {
        const oldestAt = at
        at += one.gapMs
        return { base, bytes: one.bytes, oldestAt, newestAt: at }
      })
      const fits = (from: number) =>
        segments.slice(from).every(({ newestAt }) => at - newestAt <= ageMs) &&
        segments.slice(from).reduce((sum, one) => sum + one.bytes, coming) <= bytes
      const gone = outlived(segments, { bytes, ageMs }, at, coming)
      if (gone < segments.length) expect(fits(gone)).toBe(true)
      for (let fewer = 0; fewer < gone; fewer++) expect(fits(fewer)).toBe(false)
    }),
  )
})

test('a segment is full at an eighth of what is kept, and at a mebibyte', () => {
  const segment = { base: 0, bytes: 0, oldestAt: 0, newestAt: 0 }
  const limits = { bytes: 800, ageMs: 80 }
  expect(isFull({ ...segment, bytes: 99 }, limits, 10)).toBe(false)
  expect(isFull({ ...segment, bytes: 100 }, limits, 10)).toBe(true)
  expect(isFull(segment, limits, 11)).toBe(true)
  expect(isFull({ ...segment, bytes: 2 ** 20 }, { ...limits, bytes: 2 ** 30 }, 10)).toBe(true)
})

test('parts hold every line once, in order, and no more than a segment but for a line that is longer alone', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300)), fc.integer({ min: 800, max: 8_000 }), (lengths, bytes) => {
      const lines = lengths.map((length, n) => ({
        position: 10 + n,
        value: encodeEvent(eventOf('x'.repeat(length))).value,
      }))
      const parts = segmentParts(lines, { bytes, ageMs: 1 })
      const found = parts.flatMap(({ text }) => eventsInSegment(text))
      expect(found.map(({ position }) => position)).toEqual(lines.map(({ position }) => position))
      for (const { base, text } of parts) {
        const inPart = eventsInSegment(text)
        expect(inPart[0]?.position).toBe(base)
        expect(text.length <= bytes / 8 || inPart.length === 1).toBe(true)
      }
    }),
  )
})
