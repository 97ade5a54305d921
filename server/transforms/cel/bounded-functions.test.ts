import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundedFunctions } from '#server/transforms/cel/bounded-functions.ts'
import { createWorkBudget } from '#server/transforms/cel/work-budget.ts'

const budget = createWorkBudget({ limitMs: 1, now: () => 0 })
budget.begin()
const call = (name: string, ...args: unknown[]) => boundedFunctions[name]?.(args, budget)

/** Long enough that the part is looked for in stretches, and alike enough that it nearly fits everywhere. */
const textAndPart = fc
  .record({
    before: fc.integer({ min: 0, max: 3000 }),
    after: fc.integer({ min: 0, max: 3000 }),
    length: fc.integer({ min: 150, max: 400 }),
    mark: fc.constantFrom('', 'b', 'é'),
  })
  .map(({ before, after, length, mark }) => {
    const part = 'a'.repeat(length) + mark
    return { text: `${'a'.repeat(before)}${part}c${'a'.repeat(after)}${mark}`, part }
  })

test('a part is found where it is found without a budget', () => {
  fc.assert(
    fc.property(textAndPart, fc.nat(7000), ({ text, part }, place) => {
      const from = BigInt(place % text.length)
      expect(call('contains', text, part)).toBe(text.includes(part))
      expect(call('contains', text, `${part}d`)).toBe(false)
      const wanted = {
        indexOf: [text.indexOf(part), text.indexOf(part, Number(from))],
        lastIndexOf: [text.lastIndexOf(part), text.lastIndexOf(part, Number(from))],
      }
      for (const [name, expected] of Object.entries(wanted)) {
        // What is short is left to the library.
        const found = [call(name, text, part), call(name, text, part, from)]
        for (const [i, at] of found.entries()) if (at !== undefined) expect(at).toBe(BigInt(expected[i] ?? 0))
      }
      expect(call('lastIndexOf', text.repeat(40), part)).toBe(BigInt(text.repeat(40).lastIndexOf(part)))
    }),
  )
})

test('a text is split as it is without a budget', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', 'ab', '', '😀'), { maxLength: 30 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      texts,
      fc.constantFrom('', 'a', 'ab', 'ba', '😀', 'x'),
      fc.integer({ min: -2, max: 6 }),
      (text, by, limit) => {
        const all = text.split(by)
        const parts =
          limit < 0 || all.length <= limit ? all : [...all.slice(0, limit - 1), all.slice(limit - 1).join(by)]
        expect(call('split', text, by, BigInt(limit))).toEqual(limit === 0 ? [] : parts)
        expect(call('split', text, by)).toEqual(all)
      },
    ),
  )
})

test('leaves arguments of other types to the library, which tells what is wrong with them', () => {
  for (const name of Object.keys(boundedFunctions)) expect(call(name, 1n, 2n), name).toBeUndefined()
})
