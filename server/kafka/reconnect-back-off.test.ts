import { expect, test } from 'vitest'
import { createReconnectBackOff } from '#server/kafka/reconnect-back-off.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const delays = { firstMs: 50, mostMs: 150 }
const timeouts = { firstMs: 10_000, mostMs: 30_000 }
const address = { host: 'h', port: 1 }
const refused = new Error('refused')

/** Tries to open until the tries have run out; what each was given, and when it began. */
async function tries(outcomes: readonly ('fails' | 'opens')[]) {
  const clock = createFakeClock()
  const began = clock.monotonic()
  const backOff = createReconnectBackOff(clock, delays, timeouts)
  const seen: { atMs: number; connectTimeoutMs: number }[] = []
  for (const outcome of outcomes) {
    const opening = backOff.run(address, async (connectTimeoutMs) => {
      seen.push({ atMs: clock.monotonic() - began, connectTimeoutMs })
      if (outcome === 'fails') throw refused
    })
    const done = opening.catch((error: unknown) => expect(error).toBe(refused))
    await clock.pass(1_000)
    await done
  }
  return seen
}

test('a connection gets twice the time with each try that failed, up to the most, until one opens', async () => {
  const seen = await tries(['fails', 'fails', 'fails', 'opens', 'opens'])
  expect(seen.map(({ connectTimeoutMs }) => connectTimeoutMs)).toEqual([10_000, 20_000, 30_000, 30_000, 10_000])
})

test('the next try waits twice as long with each that failed, up to the most', async () => {
  const clock = createFakeClock()
  const backOff = createReconnectBackOff(clock, delays, timeouts)
  const waits: number[][] = []
  for (let i = 0; i < 5; i++) {
    const opening = backOff.run(address, () => Promise.reject(refused)).catch(() => undefined)
    waits.push(clock.sleeping())
    await clock.pass(clock.sleeping()[0] ?? 0)
    await opening
  }
  expect(waits).toEqual([[], [50], [100], [150], [150]])
})

test('tries that fail at the same time count as one', async () => {
  const clock = createFakeClock()
  const backOff = createReconnectBackOff(clock, delays, timeouts)
  const given: number[] = []
  const open = async (connectTimeoutMs: number) => {
    given.push(connectTimeoutMs)
    await clock.sleep(20)
    throw refused
  }
  const all = Promise.allSettled(Array.from({ length: 5 }, () => backOff.run(address, open)))
  await clock.pass(20)
  await all
  void backOff.run(address, open).catch(() => undefined)
  expect(clock.sleeping()).toEqual([50])
  await clock.pass(50)
  expect(given).toEqual([10_000, 10_000, 10_000, 10_000, 10_000, 20_000])
})

test('an attempt that was given up is no failure of the broker, and waits no longer', async () => {
  const clock = createFakeClock()
  const backOff = createReconnectBackOff(clock, delays, timeouts)
  await expect(backOff.run(address, () => Promise.reject(refused))).rejects.toBe(refused)
  const stop = new AbortController()
  const given = backOff.run(address, () => Promise.reject(new Error('closed by us')), stop.signal)
  expect(clock.sleeping()).toEqual([50])
  stop.abort()
  await expect(given).rejects.toThrow('closed by us')
  void backOff.run(address, () => Promise.reject(refused)).catch(() => undefined)
  expect(clock.sleeping()).toEqual([50])
})
