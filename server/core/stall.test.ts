import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerWithinMs, judgeStall, lookEveryMs, stallIntervalOf } from '#server/core/stall.ts'

const intervalMs = 1_000

test('what has not come back for an interval hangs, and not a moment before', () => {
  const put = { stage: 'putting records into', since: 5_000 }
  expect(judgeStall([put], 5_999, intervalMs)).toBeNull()
  expect(judgeStall([put], 6_000, intervalMs)).toEqual({ ...put, reason: 'it has not come back' })
})

test('a wait may take for ever, as long as it answers when it is asked', () => {
  const poll = { stage: 'polling', since: 0 }
  expect(judgeStall([{ ...poll, askedAt: null }], 1_000_000, intervalMs)).toBeNull()
  expect(judgeStall([{ ...poll, askedAt: 1_000_000 }], 1_000_249, intervalMs)).toBeNull()
  expect(judgeStall([{ ...poll, askedAt: 1_000_000 }], 1_000_250, intervalMs)).toEqual({
    ...poll,
    reason: 'it has not come back, and does not answer its signal',
  })
})

test('of several that hang the innermost is told, with its own reason', () => {
  const outer = { stage: 'committing offsets of', since: 100 }
  const inner = { stage: 'flushing', since: 200, reason: 'refused: no such table' }
  expect(judgeStall([inner, outer], 5_000, intervalMs)).toEqual(inner)
  expect(judgeStall([{ ...inner, since: 4_900 }, outer], 5_000, intervalMs)).toMatchObject(outer)
  // Of one moment, what was begun later.
  expect(judgeStall([outer, { ...inner, since: 100 }], 5_000, intervalMs)?.stage).toBe('flushing')
})

test('nothing to do is no stall, and an interval of 0 asks for no verdict', () => {
  expect(judgeStall([], 1_000_000, intervalMs)).toBeNull()
  expect(judgeStall([{ stage: 'flushing', since: 0 }], 1_000_000, 0)).toBeNull()
})

test('G-R4: what hangs is told within twice the interval, asked for or not, at any moment of looking', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 600_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (interval, phase) => {
        const look = lookEveryMs(interval)
        // Looks come at any phase; what a thread sees is looked at once more by the worker.
        const firstLookAfter = (ms: number) => (Math.floor(ms / look - phase) + 1 + phase) * look
        const asked = firstLookAfter(interval)
        const told = firstLookAfter(asked + answerWithinMs(interval)) + look
        expect(judgeStall([{ stage: 'polling', since: 0, askedAt: asked }], told, interval)).not.toBeNull()
        expect(told).toBeLessThanOrEqual(2 * interval)
        expect(firstLookAfter(interval) + look).toBeLessThanOrEqual(2 * interval)
      },
    ),
  )
})

test('a connector says otherwise than its worker', () => {
  expect(stallIntervalOf({}, 60_000)).toBe(60_000)
  expect(stallIntervalOf({ 'sluice.stall.interval.ms': ' 500 ' }, 60_000)).toBe(500)
  expect(stallIntervalOf({ 'sluice.stall.interval.ms': '0' }, 60_000)).toBe(0)
  expect(stallIntervalOf({ 'sluice.stall.interval.ms': 'soon' }, 60_000)).toBe(60_000)
})
