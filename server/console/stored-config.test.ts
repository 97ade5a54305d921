import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFingerprint } from '#server/console/fingerprint.ts'
import { changedKeys, parseStored, toMasked, toStored } from '#server/console/stored-config.ts'
import { keptSecret } from '#server/contract/kept-secret.ts'

const fingerprint = createFingerprint(new Uint8Array(32).fill(7))
const isPassword = (key: string) => key.startsWith('s')

test('what is stored tells no secret, and comes back to the browser as "unchanged"', () => {
  const stored = toStored({ secret: 'hunter2', topic: 'orders', gone: null }, isPassword, fingerprint)
  expect(JSON.stringify(stored)).not.toContain('hunter2')
  expect(toMasked(stored)).toEqual({ secret: keptSecret, topic: 'orders', gone: null })
})

test('a changed secret is a changed key, an unchanged one is none', () => {
  const store = (secret: string) => toStored({ secret, topic: 'orders' }, isPassword, fingerprint)
  expect(changedKeys(store('a'), store('a'))).toEqual([])
  expect(changedKeys(store('a'), store('b'))).toEqual(['secret'])
})

test('keys that were added, removed or set to null are changed, sorted', () => {
  expect(changedKeys({ b: '1', c: '1', d: '1' }, { a: '1', b: '1', c: null })).toEqual(['a', 'c', 'd'])
})

test('what is stored survives the JSON column', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        fc.option(fc.string()),
      ),
      (config) => {
        const stored = toStored(config, isPassword, fingerprint)
        expect(parseStored(JSON.parse(JSON.stringify(stored)))).toEqual(stored)
      },
    ),
  )
})

test('fingerprints of another key match nothing', () => {
  expect(createFingerprint(new Uint8Array(32).fill(8))('hunter2')).not.toBe(fingerprint('hunter2'))
})
