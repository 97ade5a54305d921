import { appendFileSync, globSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import type { EventEntry } from '#server/contract/events.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createAttempts } from '#server/runtime/events/attempts.ts'
import { createEventLog, type EventLimits, type EventLog } from '#server/runtime/events/event-log.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'

/** The event logs of workers without a topic, on a disk of their own. */
let dataDir: string
let now: number
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-own-events-'))
  now = systemClock.now()
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const clock: Clock = { ...systemClock, now: () => now }
const free = { [Symbol.dispose]: () => undefined }
const dayMs = 86_400_000

interface Options {
  worker?: string
  bytes?: number
  limits?: Partial<EventLimits>
  take?: (folder: string) => Promise<Disposable>
}

function openLog({ worker = 'w:1', bytes = 1_000_000, limits, take = async () => free }: Options = {}) {
  const warnings: string[] = []
  const attempts = createAttempts()
  const log = createEventLog({
    place: { dataDir, limits: { bytes, ageMs: 7 * dayMs }, take },
    worker: () => worker,
    ...{ attempts, clock, ...(limits && { limits }) },
    logger: { ...quietLogger, warn: (message) => void warnings.push(message) },
  })
  return { log, attempts, warnings, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() }
}

const line = (message: string) => ({ kind: 'log', level: 'INFO', message, connector: 'c', task: 0 }) as const
const messages = (entries: readonly EventEntry[]) => entries.map(({ message }) => message)
const all = async (log: EventLog) => (await log.page({ limit: 10_000 })).entries
const segments = () => globSync('events/*/*.jsonl', { cwd: dataDir }).toSorted()

test('what a worker wrote is there in its next life, in one order, and numbers of starts go on', async () => {
  {
    await using first = openLog()
    first.attempts.begin({ connector: 'c', task: 0 })
    for (const message of ['one', 'two']) first.log.write(line(message))
  }
  await using second = openLog()
  const [before] = await all(second.log)
  second.attempts.begin({ connector: 'c', task: 0 })
  second.log.write(line('three'))
  const entries = await all(second.log)
  expect(messages(entries)).toEqual(['one', 'two', 'three'])
  expect(entries.map(({ id, attempt }) => [id, attempt])).toEqual([
    ['own-0', 1],
    ['own-1', 1],
    ['own-2', 2],
  ])
  const over = new AbortController()
  const news = second.log.follow({}, before?.id, over.signal)
  expect((await news.next()).value).toMatchObject({ message: 'two' })
  over.abort()
  expect((await second.log.page({ limit: 1 })).origin).toBe('worker')
  expect(second.warnings).toEqual([])
})

test('what memory no longer holds is read of the disk, page by page, without a gap or a repetition', async () => {
  const limits = { window: { entries: 5, bytes: 1_000_000 } }
  const written = Array.from({ length: 60 }, (_, n) => `line ${n}`)
  {
    await using first = openLog({ bytes: 16_000, limits })
    for (const message of written.slice(0, 40)) first.log.write(line(message))
  }
  await using second = openLog({ bytes: 16_000, limits })
  for (const message of written.slice(40)) second.log.write(line(message))
  const found: string[] = []
  await eventually('everything to be on disk', async () => {
    found.length = 0
    let before: string | undefined
    do {
      const page = await second.log.page({ connector: 'c', limit: 7, ...(before && { before }) })
      found.unshift(...messages(page.entries))
      before = page.older ?? undefined
    } while (before !== undefined)
    return found.length === written.length
  })
  expect(found).toEqual(written)
  expect(segments().length).toBeGreaterThan(1)
})

test('I12: the disk holds the newest, within its size and its age, also what workers left that were here before', async () => {
  const bytes = 20_000
  {
    await using other = openLog({ worker: 'gone:1' })
    other.log.write(line('long ago'))
  }
  expect(segments()).toEqual(['events/gone%3A1/000000000000000.jsonl'])
  {
    await using first = openLog({ bytes })
    for (let n = 0; n < 1_000; n++) first.log.write({ ...line(`line ${n}`), kind: 'state' })
  }
  const sizes = segments().map((file) => statSync(join(dataDir, file)).size)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(bytes)
  now += 3 * dayMs
  {
    await using second = openLog({ bytes })
    const kept = messages(await all(second.log))
    expect(kept.length).toBeGreaterThan(20)
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => `line ${1_000 - kept.length + n}`))
  }
  now += 5 * dayMs
  await using third = openLog({ bytes })
  third.log.write(line('young'))
  expect(messages(await all(third.log))).toEqual(['young'])
  await eventually('the young one to be on disk', () => segments().length === 1)
  expect(readdirSync(join(dataDir, 'events'))).toEqual(['w%3A1'])
})

test('a search for a connector finds all of it among many others, and reads no segment again that is not about it', async () => {
  const limits = { window: { entries: 5, bytes: 1_000_000 } }
  await using worker = openLog({ bytes: 16_000, limits })
  worker.log.write({ ...line('rare'), connector: 'quiet', kind: 'state' })
  for (let n = 0; n < 60; n++) worker.log.write({ ...line(`line ${n}`), connector: 'loud', kind: 'state' })
  const search = async (connector: string) => messages((await worker.log.page({ connector, limit: 100 })).entries)
  await eventually('everything to be on disk', async () => (await search('loud')).length === 60)
  expect(await search('quiet')).toEqual(['rare'])
  expect(await search('nobody')).toEqual([])
  for (const file of segments().slice(1, -1)) writeFileSync(join(dataDir, file), 'not read again')
  expect(await search('quiet')).toEqual(['rare'])
  expect((await search('loud')).length).toBeLessThan(60)
})

test('a line that a crash cut off costs nothing but itself', async () => {
  {
    await using first = openLog()
    for (const message of ['one', 'two']) first.log.write(line(message))
  }
  const [segment = ''] = segments()
  appendFileSync(join(dataDir, segment), '{"position":2,"at":17641')
  {
    await using second = openLog()
    expect(messages(await all(second.log))).toEqual(['one', 'two'])
    second.log.write(line('three'))
  }
  await using third = openLog()
  expect(messages(await all(third.log))).toEqual(['one', 'two', 'three'])
})

test('workers of one folder keep apart; who does not get its own remembers until it ends, and says so once', async () => {
  await using first = openLog({ worker: 'w:1' })
  await using second = openLog({ worker: 'w:2' })
  first.log.write(line('of the first'))
  second.log.write(line('of the second'))
  expect(messages(await all(second.log))).toEqual(['of the second'])
  await using third = openLog({ worker: 'w:1', take: () => Promise.reject(new Error('in use by process 1')) })
  third.log.write(line('of the third'))
  expect(messages(await all(third.log))).toEqual(['of the third'])
  expect(third.warnings).toEqual([expect.stringContaining('in use by process 1')])
})

test('I9: a disk that refuses holds nobody up, and is told once', async () => {
  await using worker = openLog()
  worker.log.write(line('one'))
  await eventually('it to be on disk', () => segments().length === 1)
  rmSync(join(dataDir, 'events'), { recursive: true })
  writeFileSync(join(dataDir, 'events'), 'in the way')
  for (const message of ['two', 'three']) worker.log.write(line(message))
  await eventually('it to be told', () => worker.warnings.length > 0)
  expect(messages(await all(worker.log))).toEqual(['one', 'two', 'three'])
  expect(worker.warnings).toEqual([expect.stringContaining('cannot be written to its disk')])
})
