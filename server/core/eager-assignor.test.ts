import fc from 'fast-check'
import { expect, test } from 'vitest'
import { taskName } from '#server/contract/connector.ts'
import { assignEagerly } from '#server/core/eager-assignor.ts'

const members = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 })
const configured = fc
  .dictionary(fc.string({ minLength: 1 }), fc.nat(5), { maxKeys: 6 })
  .map((counts) => new Map(Object.entries(counts)))

test('I7: everything is dealt once, to members alone, and evenly', () => {
  fc.assert(
    fc.property(members, configured, (ids, counts) => {
      const dealt = assignEagerly(ids, counts)
      const work = [...dealt.values()]
      const expected = [...counts].flatMap(([name, count]) =>
        Array.from({ length: count }, (_, task) => taskName({ connector: name, task })),
      )
      expect([...dealt.keys()].sort()).toEqual([...ids].sort())
      expect(work.flatMap(({ connectors }) => connectors).sort()).toEqual([...counts.keys()].sort())
      expect(work.flatMap(({ tasks }) => tasks.map(taskName)).sort()).toEqual(expected.sort())
      const sizes = work.map(({ connectors, tasks }) => connectors.length + tasks.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})

test('the same members get the same, in whatever order they joined', () => {
  fc.assert(
    fc.property(members, configured, (ids, counts) => {
      expect(new Map(assignEagerly(ids.toReversed(), counts))).toEqual(new Map(assignEagerly(ids, counts)))
    }),
  )
})
