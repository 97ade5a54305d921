import fc from 'fast-check'
import { expect, test } from 'vitest'
import { configDiff } from '#components/config/config-diff.ts'

const config = fc.dictionary(
  fc.constantFrom('a', 'b', 'toString', 'tasks.max', 'x'),
  fc.option(fc.string({ maxLength: 2 }), { nil: null }),
)

test('applying the difference to the old config gives the new one', () => {
  fc.assert(
    fc.property(config, config, (before, after) => {
      const result = new Map(Object.entries(before))
      for (const change of configDiff(before, after)) {
        if (change.kind === 'removed') result.delete(change.key)
        else result.set(change.key, change.after)
      }
      expect([...result].sort()).toEqual(Object.entries(after).sort())
    }),
  )
})
