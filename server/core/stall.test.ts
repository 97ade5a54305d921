import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerWithinMs, judgeStall, lookEveryMs, stallIntervalOf, type Unfinished } from '#server/core/stall.ts'

const intervalMs = 1_000
const judge = (unfinished: readonly Unfinished[], at: number) => judgeStall([{ unfinished, at }], intervalMs)

test('what has not come back for an interval hangs, and not a moment before', () => {
  const put = { stage: 'putting records into', since: 5_000 }
  expect(judge([put], 5_999)).toBeNull()
  expect(judge([put], 6_000)).toEqual({ ...put, reason: 'it has not come back' })
})

test('a wait may take for ever, as long as it answers when it is asked', () => {
  const poll = { stage: 'polling', since: 0 }
  expect(judge([{ ...poll, askedAt: null }], 1_000_000)).toBeNull()
  expect(judge([{ ...poll, askedAt: 1_000_000 }], 1_000_249)).toBeNull()
  expect(judge([{ ...poll, askedAt: 1_000_000 }], 1_000_250)).toEqual({
    ...poll,
    reason: 'it has not come back, and does not answer its signal',
  })
})

test('of several that hang the innermost is told, with its own reason', () => {
  const outer = { stage: 'committing offsets of', since: 100 }
  const inner = { stage: 'flushing', since: 200, reason: 'refused: no such table' }
  expect(judge([inner, outer], 5_000)).toEqual(inner)
  expect(judge([{ ...inner, since: 4_900 }, outer], 5_000)).toMatchObject(outer)
  // Of one moment, what was begun later.
  expect(judge([outer, { ...inner, since: 100 }], 5_000)?.stage).toBe('flushing')
})

test('what was seen of several places counts up to the moment at which each was seen', () => {
  const put = { unfinished: [{ stage: 'putting records into', since: 0 }], at: 999 }
  const silence = { unfinished: [{ stage: 'running', since: 500, reason: 'its thread answers nothing' }], at: 1_499 }
  expect(judgeStall([put, silence], intervalMs)).toBeNull()
  expect(judgeStall([{ ...put, at: 1_000 }, silence], intervalMs)?.stage).toBe('putting records into')
  expect(judgeStall([put, { ...silence, at: 1_500 }], intervalMs)?.stage).toBe('running')
})

test('nothing to do is no stall, and an interval of 0 asks for no verdict', () => {
  expect(judge([], 1_000_000)).toBeNull()
  expect(judgeStall([{ unfinished: [{ stage: 'flushing', since: 0 }], at: 1_000_000 }], 0)).toBeNull()
})

test('G-R4: what hangs is told within twice the interval, asked for or not, at any moment of looking', () => {
  fc.assert(
    fc.property(fc.integer({ min: 25, max: 75_000 }), fc.nat(), (eighth, anyMoment) => {
      const interval = 8 * eighth
      const look = lookEveryMs(interval)
      const phase = anyMoment % look
      // Looks come at any phase; what a thread sees is looked at once more by the worker.
      const firstLookAfter = (ms: number) => (Math.floor((ms - phase) / look) + 1) * look + phase
      const asked = firstLookAfter(interval)
      const seen = firstLookAfter(asked + answerWithinMs(interval))
      const told = seen + look
      const poll = { stage: 'polling', since: 0, askedAt: asked }
      expect(judgeStall([{ unfinished: [poll], at: seen }], interval)).not.toBeNull()
      expect(told).toBeLessThanOrEqual(2 * interval)
      expect(firstLookAfter(interval) + look).toBeLessThanOrEqual(2 * interval)
    }),
  )
})

test('a connector says otherwise than its worker', () => {
  expect(stallIntervalOf({}, 60_000)).toBe(60_000)
  expect(stallIntervalOf({ 'sluice.stall.interval.ms': ' 500 ' }, 60_000)).toBe(500)
  expect(stallIntervalOf({ 'sluice.stall.interval.ms': '0' }, 60_000)).toBe(0)
  expect(stallIntervalOf({ 'sluice.stall.interval.ms': 'soon' }, 60_000)).toBe(60_000)
})
