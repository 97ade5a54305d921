import { expect, test } from 'vitest'
import { createLiveFeed, type LiveEvent, type Look } from '#server/console/live-feed.ts'
import type { Clock } from '#server/contract/clock.ts'

/** A clock that stands until `tick`: then whoever sleeps wakes up. */
function createHandClock() {
  const sleepers = new Set<() => void>()
  const pauses: number[] = []
  let now = 0
  const clock: Clock = {
    now: () => 0,
    monotonic: () => now,
    random: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        pauses.push(ms)
        const wake = () => {
          sleepers.delete(wake)
          resolve()
        }
        if (signal?.aborted) return resolve()
        sleepers.add(wake)
        signal?.addEventListener('abort', wake)
      }),
  }
  const tick = () => {
    for (const wake of [...sleepers]) wake()
  }
  return { clock, tick, sleeping: () => sleepers.size, pauses, pass: (ms: number) => (now += ms) }
}

function createScene() {
  const { clock, tick, sleeping, pauses, pass } = createHandClock()
  let shown: Look = { parts: { connectors: 'a', workers: '1' }, reason: null }
  let looks = 0
  let takes = 0
  let idle = 0
  const feed = createLiveFeed({
    look: async () => {
      looks++
      pass(takes)
      return shown
    },
    epoch: 'e1',
    clock,
    onIdle: () => idle++,
  })
  const browser = (lastId?: string) => {
    const leaving = new AbortController()
    const stream = feed.follow(lastId, leaving.signal)
    return {
      async next(): Promise<{ id: string; event: LiveEvent }> {
        const { value } = await stream.next()
        if (!value) throw new Error('the stream ended')
        return value
      },
      ended: async () => (await stream.next()).done,
      leave: () => leaving.abort(),
    }
  }
  const show = (look: Look, tookMs = 0) => {
    shown = look
    takes = tookMs
  }
  return { feed, browser, tick, sleeping, pauses, show, looks: () => looks, idle: () => idle }
}

test('the first event says that all is well; the next ones what changed', async () => {
  const { browser, tick, show } = createScene()
  const tab = browser()
  expect((await tab.next()).event).toEqual({ changed: [], reason: null })
  show({ parts: { connectors: 'b', workers: '1' }, reason: null })
  tick()
  expect((await tab.next()).event).toEqual({ changed: ['connectors'], reason: null })
  show({ parts: { workers: '2' }, reason: 'No worker answered' })
  tick()
  expect((await tab.next()).event).toEqual({ changed: ['workers'], reason: 'No worker answered' })
  tab.leave()
})

test('a browser that comes back gets what it missed in one event', async () => {
  const { browser, tick, show } = createScene()
  const staying = browser()
  const { id } = await staying.next()
  show({ parts: { connectors: 'b', workers: '1' }, reason: null })
  tick()
  await staying.next()
  show({ parts: { connectors: 'b', workers: '2' }, reason: null })
  tick()
  await staying.next()
  const returned = browser(id)
  expect((await returned.next()).event.changed.toSorted()).toEqual(['connectors', 'workers'])
  staying.leave()
  returned.leave()
})

test('after a restart of the console everything counts as changed', async () => {
  const { browser } = createScene()
  const tab = browser('e0.12')
  expect((await tab.next()).event.changed).toContain('history')
  tab.leave()
})

test('one poller serves all browsers, and rests when the last has left', async () => {
  const { browser, tick, looks, idle, sleeping } = createScene()
  const [one, two] = [browser(), browser()]
  await Promise.all([one.next(), two.next()])
  expect(looks()).toBe(1)
  const [again] = [Promise.all([one.next(), two.next()]), tick()]
  await again
  expect(looks()).toBe(2)
  one.leave()
  expect(await one.ended()).toBe(true)
  expect(idle()).toBe(0)
  two.leave()
  expect(await two.ended()).toBe(true)
  expect(idle()).toBe(1)
  expect(sleeping()).toBe(0)
})

test('what was done here is told at once, and looked at without waiting for the clock', async () => {
  const { browser, feed, show, looks } = createScene()
  const tab = browser()
  await tab.next()
  show({ parts: { connectors: 'b', workers: '1' }, reason: null })
  feed.tell(['history'])
  expect((await tab.next()).event.changed).toEqual(['history'])
  expect((await tab.next()).event.changed).toEqual(['connectors'])
  expect(looks()).toBe(2)
  tab.leave()
})

test('however much happens while a browser does not read, one event waits for it', async () => {
  const { browser, feed } = createScene()
  const slow = browser()
  await slow.next()
  for (let n = 0; n < 10_000; n++) feed.tell(['history', 'views'])
  expect((await slow.next()).event.changed).toEqual(['history', 'views'])
  slow.leave()
})

test('a cluster that takes long to look at is looked at less often; one that does not answer is not', async () => {
  const { browser, pauses, show } = createScene()
  show({ parts: { connectors: 'a' }, reason: null }, 2_000)
  await browser().next()
  expect(pauses).toEqual([8_000])
  const frozen = createScene()
  frozen.show({ parts: { connectors: 'a' }, reason: null }, 30_000)
  await frozen.browser().next()
  expect(frozen.pauses).toEqual([10_000])
  const silent = createScene()
  silent.show({ parts: {}, reason: 'No worker answered' }, 10_000)
  await silent.browser().next()
  expect(silent.pauses).toEqual([1_000])
})
