import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAllowance } from '#server/topics/allowance.ts'

test('in the long run it gives no more than its rate, after what it had at first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 50, max: 400 }), { minLength: 1, maxLength: 60 }), (frames) => {
      let now = 0
      const allowance = createAllowance(() => now, { perSecond: 100, most: 200 })
      let given = 0
      for (const ms of frames) {
        now += ms
        const records = allowance.available()
        expect(records).toBeLessThanOrEqual(200)
        allowance.take(records)
        given += records
      }
      // A record a frame is always given.
      expect(given).toBeLessThanOrEqual(200 + (now * 100) / 1000 + frames.length)
    }),
  )
})

test('a quiet time saves up for a burst, up to a limit', () => {
  let now = 0
  const allowance = createAllowance(() => now, { perSecond: 100, most: 200 })
  allowance.take(allowance.available())
  now = 500
  expect(allowance.available()).toBe(50)
  now = 3_600_000
  expect(allowance.available()).toBe(200)
})
