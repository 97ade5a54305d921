import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Blow, type Cast, faultKinds, tellStory } from '#e2e/chaos/story.ts'

const cast: Cast = { kinds: faultKinds, workers: 5, longestMs: 12_000 }

function beginning(seed: number, blows: number, of = cast): Blow[] {
  const story = tellStory(seed, of)
  return Array.from({ length: blows }, () => story.next().value)
}

test('a seed tells the same story each time, and another one another', () => {
  expect(beginning(7, 30)).toEqual(beginning(7, 30))
  expect(beginning(7, 30)).not.toEqual(beginning(8, 30))
})

test('no worker and no broker is struck twice at once, and every kind comes among the first fourteen faults', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const blows = beginning(seed, 14)
      for (const { strikes } of blows) {
        const struck = strikes.map(({ kind, worker }) => (kind === 'broker-kill' ? 'broker' : worker))
        expect(new Set(struck).size).toBe(strikes.length)
        expect(strikes.length).toBeGreaterThan(0)
      }
      const kinds = blows.flatMap(({ strikes }) => strikes.map(({ kind }) => kind)).slice(0, 14)
      expect(new Set(kinds)).toEqual(new Set(faultKinds))
    }),
  )
})

test('only the kinds that were asked for come', () => {
  const kinds = beginning(3, 50, { ...cast, kinds: ['stop', 'drop'] }).flatMap(({ strikes }) => strikes)
  expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set(['stop', 'drop']))
})
