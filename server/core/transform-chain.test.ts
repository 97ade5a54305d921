import { expect, test } from 'vitest'
import { transformChain } from '#server/core/transform-chain.ts'

test('follows the order of the list and hands each transform its own keys', () => {
  const chain = transformChain({
    transforms: 'b, a',
    'transforms.a.type': ' Filter ',
    'transforms.b.type': 'InsertHeader',
    'transforms.b.header': 'h',
    'transforms.bb.header': 'of another alias',
    'transforms.c.type': 'not listed',
  })
  expect(chain).toMatchObject([
    { alias: 'b', class: 'InsertHeader', config: { type: 'InsertHeader', header: 'h' } },
    { alias: 'a', class: 'Filter' },
  ])
})

test('joins a transform with its predicate, and with whether the answer is turned round', () => {
  const config = {
    transforms: 'a',
    'transforms.a.type': 'Filter',
    'transforms.a.predicate': 'p',
    predicates: 'p',
    'predicates.p.type': 'HasHeaderKey',
    'predicates.p.name': 'h',
  }
  const predicateOf = (more: Record<string, string>) => transformChain({ ...config, ...more })[0]?.predicate
  expect(predicateOf({})).toMatchObject({ alias: 'p', class: 'HasHeaderKey', config: { name: 'h' }, negate: false })
  expect(predicateOf({ 'transforms.a.negate': ' TRUE ' })?.negate).toBe(true)
})

test('lets nothing be negated that is not there', () => {
  const config = { transforms: 'a', 'transforms.a.type': 'Filter' }
  expect(() => transformChain({ ...config, 'transforms.a.negate': 'true' })).toThrow(
    "Config 'transforms.a.negate' was provided but there is no config 'transforms.a.predicate' defining a predicate to be negated.",
  )
  expect(() => transformChain({ ...config, 'transforms.a.predicate': 'p' })).toThrow(
    "Invalid value p for configuration transforms.a.predicate: There is no predicate of this alias in 'predicates'.",
  )
})

test('takes an alias for a name, whatever it is', () => {
  const chain = transformChain({ transforms: '__proto__', 'transforms.__proto__.type': 'Filter' })
  expect(chain).toMatchObject([{ alias: '__proto__', class: 'Filter' }])
  expect(transformChain({ transforms: '' })).toEqual([])
})
