import { expect, test } from 'vitest'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import type { ConfigSource } from '#server/runtime/config-resolver.ts'
import { watchConfig } from '#server/runtime/config-watch.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'
import type { ConfigData } from '#server/sdk/config-provider.ts'

const holding = (value: string, more: Partial<ConfigData> = {}): ConfigData => ({
  values: new Map([['password', value]]),
  ...more,
})

/** Watches values that are read again from `later`, one after the other; an error is thrown. */
function watched(data: ConfigData, later: (ConfigData | Error)[] = []) {
  const clock = createFakeClock()
  const ended = new AbortController()
  const stale: string[] = []
  let asked = 0
  const source: ConfigSource = {
    name: '${vault:secret/db:…}',
    data,
    async again() {
      asked++
      const next = later.shift()
      if (next instanceof Error) throw next
      return next ?? data
    },
  }
  const sources = [source]
  watchConfig({ sources, onStale: (name) => stale.push(name), signal: ended.signal, clock, logger: quietLogger })
  return { clock, ended, stale, asked: () => asked }
}

test('values without a time are never looked at again', async () => {
  const { clock, asked } = watched(holding('a'))
  await clock.pass(1e12)
  expect(asked()).toBe(0)
  expect(clock.sleeping()).toEqual([])
})

test('the same values go on, with the time that they were given anew; others are told once', async () => {
  const { clock, stale } = watched(holding('a', { ttlMs: 5_000 }), [
    holding('a', { ttlMs: 20_000 }),
    holding('a'),
    holding('b', { ttlMs: 5_000 }),
  ])
  await clock.pass(5_000)
  expect(clock.sleeping()).toEqual([20_000])
  await clock.pass(20_000)
  expect(clock.sleeping()).toEqual([5_000])
  await clock.pass(5_000)
  expect(stale).toEqual(['${vault:secret/db:…}'])
  expect(clock.sleeping()).toEqual([])
})

test('a key that has gone is a change', async () => {
  const { clock, stale } = watched(holding('a', { ttlMs: 5_000 }), [{ values: new Map() }])
  await clock.pass(5_000)
  expect(stale).toHaveLength(1)
})

test('a lease is renewed and its values not read, until it is at its end', async () => {
  const renewals = [3_000, 2_000, undefined]
  const { clock, stale, asked } = watched(holding('a', { ttlMs: 5_000, renew: async () => renewals.shift() }))
  await clock.pass(5_000 + 3_000 + 2_000 - 1)
  expect(stale).toEqual([])
  await clock.pass(1)
  expect(stale).toHaveLength(1)
  expect(asked()).toBe(0)
})

test('a provider that is away harms nobody: it is asked again with growing pauses', async () => {
  const away = new Error('away')
  const { clock, stale } = watched(holding('a', { ttlMs: 5_000 }), [away, away, holding('b')])
  await clock.pass(5_000)
  expect(clock.sleeping()).toEqual([1_000])
  await clock.pass(1_000)
  expect(clock.sleeping()).toEqual([2_000])
  expect(stale).toEqual([])
  await clock.pass(2_000)
  expect(stale).toHaveLength(1)
})

test('values without any time of their own are looked at once a second, not in a loop', async () => {
  const { clock, asked } = watched(holding('a', { ttlMs: 0 }))
  await clock.pass(10_000)
  expect(asked()).toBe(10)
})

test('an instance that has ended is told nothing', async () => {
  const { clock, ended, stale, asked } = watched(holding('a', { ttlMs: 5_000 }), [holding('b')])
  ended.abort()
  await clock.pass(10_000)
  expect(stale).toEqual([])
  expect(asked()).toBe(0)
})

test('a provider that does not answer is asked again later, and is nobody to wait for once the instance has ended', async () => {
  const never = () => new Promise<never>(() => undefined)
  let renewals = 0
  const renew = () => (renewals++ === 0 ? never() : Promise.resolve(50_000))
  const { clock, stale, ended } = watched(holding('a', { ttlMs: 5_000, renew }))
  await clock.pass(5_000)
  expect(clock.sleeping()).toEqual([60_000])
  await clock.pass(61_000)
  expect(renewals).toBe(2)
  expect(clock.sleeping()).toEqual([50_000])
  ended.abort()
  await clock.pass(50_000)
  expect({ renewals, stale, sleeping: clock.sleeping() }).toEqual({ renewals: 2, stale: [], sleeping: [] })
})
