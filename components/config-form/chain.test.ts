import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addStep,
  aliasesOf,
  aliasFor,
  aliasProblem,
  applyWhere,
  askersOf,
  type ChainKind,
  chainKinds,
  keysOfStep,
  moveStep,
  predicateOf,
  putStepBack,
  removeStep,
  renameStep,
  stepTitle,
} from '#components/config-form/chain.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'

const mask = 'org.apache.kafka.connect.transforms.MaskField$Value'
const isNegated = (config: ConnectorConfig, alias: string) => predicateOf(config, alias).negate

/** Aliases as people write them by hand, one within another among them. */
const alias = fc.constantFrom('a', 'b', 'a.b', 'mask', 'x-1', 'ü')
const value = fc.oneof(fc.constantFrom('1', '', 'a', 'b', mask), fc.constant(null))

/** A config with both lists, the keys of their steps, keys of nobody, and everything in any order. */
const config: fc.Arbitrary<ConnectorConfig> = fc
  .record({
    transforms: fc.uniqueArray(alias, { minLength: 1 }),
    predicates: fc.uniqueArray(alias),
    separator: fc.constantFrom(',', ', ', ' , '),
    own: fc.array(
      fc.tuple(fc.constantFrom(...chainKinds), alias, fc.constantFrom('type', 'fields', 'predicate', 'b.type'), value),
    ),
    others: fc.array(
      fc.tuple(fc.constantFrom('topic', 'my.note', 'transforms.gone.type', 'transformsx', 'predicates.'), value),
    ),
  })
  .chain(({ transforms, predicates, separator, own, others }) => {
    const keys = new Map<string, string | null>([
      ['transforms', transforms.join(separator)],
      ...(predicates.length > 0 ? [['predicates', predicates.join(separator)] as const] : []),
      ...own.map(([kind, of, name, given]) => [`${kind}.${of}.${name}`, given] as const),
      ...others,
    ])
    return fc.shuffledSubarray([...keys], { minLength: keys.size }).map((entries) => Object.fromEntries(entries))
  })

/** A config and one step of it. */
const withStep = config.chain((given) =>
  fc
    .constantFrom(...chainKinds)
    .filter((kind) => aliasesOf(given, kind).length > 0)
    .chain((kind) => fc.constantFrom(...aliasesOf(given, kind)).map((of) => ({ given, kind, of }))),
)

/** Everything that is not of this step: its keys, their values and their order. */
const rest = (given: ConnectorConfig, kind: ChainKind, of: string) => {
  const own = keysOfStep(given, kind, of)
  return Object.entries(given).filter(([key]) => key !== kind && !own.includes(key))
}

test('a step that is added is the last, and every other key keeps its value and its place', () => {
  fc.assert(
    fc.property(config, fc.constantFrom(...chainKinds), (given, kind) => {
      const name = aliasFor(given, kind, mask)
      const added = addStep(given, kind, name, mask)
      expect(aliasesOf(added, kind)).toEqual([...aliasesOf(given, kind), name])
      expect(keysOfStep(added, kind, name)).toEqual([`${kind}.${name}.type`])
      expect(added[`${kind}.${name}.type`]).toBe(mask)
      expect(rest(added, kind, name)).toEqual(Object.entries(given).filter(([key]) => key !== kind))
    }),
  )
})

test('a step that is removed takes its own keys and nothing else, and can be put back to the letter', () => {
  fc.assert(
    fc.property(withStep, ({ given, kind, of }) => {
      const removed = removeStep(given, kind, of)
      expect(aliasesOf(removed, kind)).toEqual(aliasesOf(given, kind).filter((each) => each !== of))
      expect(Object.entries(removed).filter(([key]) => key !== kind)).toEqual(rest(given, kind, of))
      expect(Object.entries(putStepBack(removed, kind, of, given))).toEqual(Object.entries(given))
    }),
  )
})

test('a step that is put back comes to its place, and what was changed in between stays', () => {
  const given = {
    first: '1',
    transforms: 'a, b, c',
    'transforms.b.type': mask,
    'transforms.b.fields': 'x',
    topic: 't',
  }
  const changed = { ...removeStep(given, 'transforms', 'b'), topic: 'other', later: '2' }
  expect(Object.entries(putStepBack(changed, 'transforms', 'b', given))).toEqual(
    Object.entries({ ...given, transforms: 'a,b,c', topic: 'other', later: '2' }),
  )
  const again = addStep(changed, 'transforms', 'b', 'Another')
  expect(putStepBack(again, 'transforms', 'b', given)).toEqual(again)
})

test('a step that moves changes the order of the list alone', () => {
  fc.assert(
    fc.property(withStep, fc.nat({ max: 5 }), ({ given, kind, of }, to) => {
      const moved = moveStep(given, kind, of, to)
      const aliases = aliasesOf(given, kind)
      expect(aliasesOf(moved, kind).indexOf(of)).toBe(Math.min(to, aliases.length - 1))
      expect(aliasesOf(moved, kind).filter((each) => each !== of)).toEqual(aliases.filter((each) => each !== of))
      expect(Object.entries({ ...moved, [kind]: given[kind] })).toEqual(Object.entries(given))
    }),
  )
})

test('a step that is renamed keeps its keys, their places and who asks for it, and going back restores them', () => {
  fc.assert(
    fc.property(withStep, ({ given, kind, of }) => {
      const to = 'renamed'
      const renamed = renameStep(given, kind, of, to)
      expect(aliasesOf(renamed, kind)).toEqual(aliasesOf(given, kind).map((each) => (each === of ? to : each)))
      expect(Object.values(renamed)).toHaveLength(Object.values(given).length)
      const own = keysOfStep(given, kind, of).map((key) => key.slice(`${kind}.${of}.`.length))
      expect(keysOfStep(renamed, kind, to).map((key) => key.slice(`${kind}.${to}.`.length))).toEqual(own)
      if (kind === 'predicates') expect(askersOf(renamed, to)).toEqual(askersOf(given, of))
      const back = renameStep(renamed, kind, to, of)
      expect(Object.entries({ ...back, [kind]: given[kind] })).toEqual(Object.entries(given))
    }),
  )
})

test('an alias is refused where it would mix up the keys of two', () => {
  const given = { transforms: 'mask', 'transforms.mask.type': mask, 'transforms.gone.type': mask }
  expect(aliasProblem(given, 'transforms', 'mask')).toBe('There is another one called mask.')
  expect(aliasProblem(given, 'transforms', 'gone')).toContain('transforms.gone.type')
  expect(aliasProblem(given, 'transforms', '')).toBeDefined()
  for (const name of ['a,b', 'a.b', 'a b']) expect(aliasProblem(given, 'transforms', name)).toContain('letters')
  expect(aliasProblem(given, 'transforms', 'new_1-x')).toBeUndefined()
  expect(aliasProblem(given, 'predicates', 'mask')).toBeUndefined()
})

test('an alias comes from the class, and a second one has a number', () => {
  expect(aliasFor({}, 'transforms', mask)).toBe('maskField')
  expect(aliasFor({ transforms: 'maskField' }, 'transforms', mask)).toBe('maskField2')
  expect(aliasFor({}, 'transforms', mask.replace('Value', 'Key'))).toBe('maskFieldKey')
  expect(aliasFor({}, 'predicates', 'com.acme.IsNew')).toBe('isNew')
  expect(aliasFor({}, 'transforms', 'com.acme.Outer$Inner')).toBe('outerInner')
  expect(stepTitle('com.acme.Outer$Inner')).toEqual({ title: 'Outer$Inner', of: undefined })
  expect(stepTitle(mask)).toEqual({ title: 'MaskField', of: 'value' })
})

test('a transform asks for a predicate, for its opposite, or for none, and no other key is touched', () => {
  const given = { transforms: 'a', 'transforms.a.type': mask, topic: 't' }
  const where = applyWhere(given, 'a', { predicate: 'p', negate: false })
  expect(Object.keys(where)).toEqual(['transforms', 'transforms.a.type', 'transforms.a.predicate', 'topic'])
  expect(predicateOf(where, 'a')).toEqual({ predicate: 'p', negate: false })
  const whereNot = applyWhere(where, 'a', { predicate: 'p', negate: true })
  expect(isNegated(whereNot, 'a')).toBe(true)
  expect(askersOf(whereNot, 'p')).toEqual(['a'])
  expect(applyWhere(whereNot, 'a', { predicate: 'p', negate: false })).toEqual(where)
  expect(Object.entries(applyWhere(whereNot, 'a', undefined))).toEqual(Object.entries(given))
  const byHand = { ...where, 'transforms.a.negate': 'false' }
  expect(applyWhere(byHand, 'a', { predicate: 'q', negate: false })).toEqual({
    ...byHand,
    'transforms.a.predicate': 'q',
  })
})
