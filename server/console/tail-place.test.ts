import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTailPlace, printTailPlace } from '#server/console/tail-place.ts'

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const places = fc.record({
  delivered: count,
  filtered: count,
  skipped: count,
  next: fc.array(fc.record({ partition: count, offset: count })),
})

test('a place comes back from its id as it was', () => {
  fc.assert(
    fc.property(places, (place) => {
      expect(parseTailPlace(printTailPlace(place))).toEqual(place)
    }),
  )
})

test('an id holds no line end, which would tear the event stream', () => {
  fc.assert(
    fc.property(places, (place) => {
      expect(printTailPlace(place)).toMatch(/^[\x21-\x7e]+$/)
    }),
  )
})

test.each(['', 'x', '[]', '[1,2,3]', '[1,2,3,[[0]]]', '[-1,0,0,[]]', '{"delivered":1}'])(
  'what is no place is refused: %s',
  (id) => {
    expect(() => parseTailPlace(id)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  },
)
