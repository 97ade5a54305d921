import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { encodeEndTxnMarker } from '#server/broker/log/end-txn-marker.ts'
import { openPartitionLog, type PartitionLog } from '#server/broker/log/partition-log.ts'
import { createTailCache } from '#server/broker/log/tail-cache.ts'
import { logConfigOf } from '#server/broker/topics/topic-configs.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type BatchProducer, type BatchView, encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

const quiet: Logger = {
  log: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quiet,
}

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'partition-log-'))
  folders.push(folder)
  return folder
}

function open(
  directory: string,
  options: { configs?: Record<string, string>; clean?: boolean; now?: () => number; cacheBytes?: number } = {},
): PartitionLog {
  const now = options.now ?? (() => 1000)
  const clock: Clock = { now, monotonic: now, sleep: async () => {}, random: () => 0 }
  return openPartitionLog({
    directory,
    config: { ...logConfigOf(options.configs ?? {}), ...(options.configs?.small && { segmentBytes: 400 }) },
    clean: options.clean ?? false,
    cache: createTailCache(options.cacheBytes ?? 0),
    clock,
    logger: quiet,
  })
}

/** All steps at once. */
function maintain(log: PartitionLog) {
  for (const _ of log.maintain());
}

type Line = [key: string, value: string | null]

function batchOf(lines: readonly Line[], timestamp = 1000, producer?: BatchProducer): BatchView {
  const records = lines.map(([key, value]) => ({
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  }))
  const [batch] = readBatches(encodeBatch(records, { timestamp, ...(producer && { producer }) }), { verifyCrc: true })
  if (!batch) throw new Error('no batch')
  return batch
}

interface Seen {
  offset: number
  key: string
  value: string | null
}

function readAll(log: PartitionLog, from = log.startOffset): Seen[] {
  const seen: Seen[] = []
  for (let at = from; at < log.endOffset; ) {
    const before = at
    for (const part of log.read(at, 300).records) {
      for (const batch of readBatches(part, { verifyCrc: true })) {
        const index = batch.index()
        for (let i = 0; i < index.count; i++) {
          if (index.offset(i) < at) continue
          seen.push({ offset: index.offset(i), key: `${index.key(i)}`, value: index.value(i)?.toString() ?? null })
        }
        at = Math.max(at, batch.lastOffset + 1)
      }
    }
    if (at === before) break
  }
  return seen
}

const activeFile = (folder: string) =>
  join(
    folder,
    readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1) ?? '',
  )

test('gives consecutive offsets and reads them back from any of them, from memory as from the file', () => {
  for (const cacheBytes of [0, 1024 * 1024]) {
    const log = open(newFolder(), { cacheBytes, configs: { small: '1' } })
    for (let i = 0; i < 20; i++)
      expect(
        log.append(
          batchOf([
            [`a${i}`, 'x'],
            [`b${i}`, 'y'],
          ]),
        ).baseOffset,
      ).toBe(i * 2)
    for (let from = 0; from <= 40; from++)
      expect(readAll(log, from).map(({ offset }) => offset)).toEqual(range(from, 40))
  }
})

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at)

test('a write torn at any byte of the last batch leaves every earlier one, and the next append fits on', () => {
  const folder = newFolder()
  const log = open(folder)
  for (let i = 0; i < 3; i++) log.append(batchOf([[`k${i}`, 'v']]))
  const whole = readFileSync(activeFile(folder))
  const before = whole.length / 3
  for (let cut = 2 * before; cut < whole.length; cut++) {
    writeFileSync(activeFile(folder), whole.subarray(0, cut))
    const recovered = open(folder)
    expect(recovered.endOffset).toBe(2)
    expect(recovered.append(batchOf([['again', 'v']])).baseOffset).toBe(2)
    expect(readAll(recovered).map(({ key }) => key)).toEqual(['k0', 'k1', 'again'])
  }
})

test('a damaged or empty tail is cut off', () => {
  const folder = newFolder()
  const log = open(folder)
  for (let i = 0; i < 3; i++) log.append(batchOf([[`k${i}`, 'v']]))
  const size = readFileSync(activeFile(folder)).length
  appendFileSync(activeFile(folder), Buffer.alloc(500))
  expect(open(folder).endOffset).toBe(3)
  const bytes = readFileSync(activeFile(folder))
  expect(bytes.length).toBe(size)
  bytes[size - 2] = 255 - (bytes[size - 2] ?? 0)
  writeFileSync(activeFile(folder), bytes)
  expect(open(folder).endOffset).toBe(2)
})

test('after a clean close nothing is read again, and everything is there', () => {
  const folder = newFolder()
  const log = open(folder, { configs: { small: '1' } })
  for (let i = 0; i < 30; i++) log.append(batchOf([[`k${i}`, 'v'.repeat(50)]], 1000 + i))
  log.close()
  const again = open(folder, { clean: true, configs: { small: '1' } })
  expect(readAll(again).map(({ key }) => key)).toEqual(range(0, 30).map((i) => `k${i}`))
  expect(again.offsetForTime(1017)).toEqual({ offset: 17, timestamp: 1017 })
  expect(again.offsetOfMaxTimestamp()).toEqual({ offset: 29, timestamp: 1029 })
  expect(again.offsetForTime(2000)).toBeUndefined()
})

test('an index of another size than its segment is not believed', () => {
  const folder = newFolder()
  const log = open(folder)
  for (let i = 0; i < 3; i++) log.append(batchOf([[`k${i}`, 'v']]))
  log.close()
  truncateSync(activeFile(folder), readFileSync(activeFile(folder)).length - 1)
  expect(open(folder, { clean: true }).endOffset).toBe(2)
})

const written = (sequence: number, epoch = 0): BatchProducer => ({
  producerId: 7,
  epoch,
  sequence,
  transactional: false,
})

test('I3: a repetition of the last five batches is answered with its offset and not written again, also after a crash', () => {
  const folder = newFolder()
  let log = open(folder, { configs: { small: '1' } })
  for (let i = 0; i < 8; i++) log.append(batchOf([['k', `v${i}`]], 1000, written(i)))
  log = open(folder, { configs: { small: '1' } })
  for (let i = 3; i < 8; i++) expect(log.append(batchOf([['k', `v${i}`]], 1000, written(i))).baseOffset).toBe(i)
  expect(log.endOffset).toBe(8)
  expect(() => log.append(batchOf([['k', 'v2']], 1000, written(2)))).toThrow('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(() => log.append(batchOf([['k', 'v9']], 1000, written(9)))).toThrow('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(log.append(batchOf([['k', 'new']], 1000, written(0, 1))).baseOffset).toBe(8)
  expect(() => log.append(batchOf([['k', 'v8']], 1000, written(8)))).toThrow('INVALID_PRODUCER_EPOCH')
})

test('what was deleted stays deleted after a crash, and offsets go on', () => {
  const folder = newFolder()
  const log = open(folder, { configs: { small: '1' } })
  for (let i = 0; i < 20; i++) log.append(batchOf([[`k${i}`, 'v'.repeat(60)]]))
  log.deleteRecordsBefore(7)
  expect(() => log.read(6, 1000)).toThrow('OFFSET_OUT_OF_RANGE')
  const again = open(folder, { configs: { small: '1' } })
  expect(readAll(again).map(({ offset }) => offset)).toEqual(range(7, 20))
  again.deleteRecordsBefore(20)
  expect([again.startOffset, again.endOffset, again.sizeBytes]).toEqual([20, 20, 0])
  const last = open(folder, { configs: { small: '1' } })
  expect(last.append(batchOf([['next', 'v']])).baseOffset).toBe(20)
})

test('retention removes whole segments by age and by size, never the newest records', () => {
  let now = 1000
  const byAge = open(newFolder(), { now: () => now, configs: { small: '1', 'retention.ms': '100' } })
  for (let i = 0; i < 10; i++) byAge.append(batchOf([[`k${i}`, 'v'.repeat(100)]], 1000 + i * 20))
  now = 1200
  maintain(byAge)
  const left = readAll(byAge).map(({ offset }) => offset)
  expect(left.at(-1)).toBe(9)
  expect(left[0]).toBeGreaterThan(0)
  now = 9000
  maintain(byAge)
  expect([byAge.startOffset, byAge.endOffset]).toEqual([10, 10])

  const bySize = open(newFolder(), { configs: { small: '1', 'retention.bytes': '600' } })
  for (let i = 0; i < 20; i++) bySize.append(batchOf([[`k${i}`, 'v'.repeat(100)]]))
  maintain(bySize)
  expect(bySize.sizeBytes).toBeGreaterThanOrEqual(600)
  expect(bySize.sizeBytes).toBeLessThan(600 + 400)
})

const history = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 5 }),
    value: fc.option(fc.string({ maxLength: 40 })),
    compact: fc.boolean(),
  }),
  { maxLength: 60 },
)

test('compaction keeps the last value of every key at its offset, in order, under any history', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const folder = newFolder()
      const configs = { small: '1', 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' }
      let log = open(folder, { configs })
      const last = new Map<string, { offset: number; value: string | null }>()
      const all = new Map<number, Seen>()
      for (const { key, value, compact } of steps) {
        const { baseOffset } = log.append(batchOf([[`k${key}`, value]]))
        last.set(`k${key}`, { offset: baseOffset, value })
        all.set(baseOffset, { offset: baseOffset, key: `k${key}`, value })
        if (compact) maintain(log)
      }
      maintain(log)
      for (const reopened of [false, true]) {
        if (reopened) log = open(folder, { configs })
        const seen = readAll(log)
        // Nothing is made up and nothing moves.
        for (const record of seen) expect(record).toEqual(all.get(record.offset))
        expect(seen.map(({ offset }) => offset)).toEqual(seen.map(({ offset }) => offset).sort((a, b) => a - b))
        const kept = new Map(seen.map(({ key, offset, value }) => [key, { offset, value }]))
        // A tombstone is readable for delete.retention.ms (a day), and the clock stands still.
        expect(kept).toEqual(last)
        expect(log.endOffset).toBe(steps.length)
      }
    }),
    { numRuns: 60 },
  )
})

test('a tombstone leaves after delete.retention.ms, counted from when the values under it went', () => {
  let now = 1000
  const configs = {
    small: '1',
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0',
    'delete.retention.ms': '100',
  }
  const log = open(newFolder(), { now: () => now, configs })
  log.append(batchOf([['gone', 'v'.repeat(200)]]))
  log.append(batchOf([['gone', null]]))
  for (let i = 0; i < 6; i++) log.append(batchOf([[`other${i}`, 'v'.repeat(200)]]))
  const keys = () => new Set(readAll(log).map(({ key }) => key))
  now = 5000
  maintain(log)
  expect(keys().has('gone')).toBe(true)
  expect(readAll(log).filter(({ key }) => key === 'gone')).toHaveLength(1)
  now = 5050
  maintain(log)
  expect(keys().has('gone')).toBe(true)
  now = 5101
  log.append(batchOf([['more', 'v'.repeat(400)]]))
  maintain(log)
  expect(keys().has('gone')).toBe(false)
})

const compacting = { small: '1', 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' }
const logFiles = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.log'))

test('what compaction leaves of neighbouring segments becomes one segment', () => {
  const folder = newFolder()
  const log = open(folder, { configs: compacting })
  for (let i = 0; i < 60; i++) log.append(batchOf([[`k${i % 3}`, 'v'.repeat(60)]]))
  const before = logFiles(folder).length
  maintain(log)
  expect(before).toBeGreaterThan(10)
  expect(logFiles(folder).length).toBeLessThanOrEqual(3)
  expect(new Set(readAll(log).map(({ key }) => key))).toEqual(new Set(['k0', 'k1', 'k2']))
  log.close()
  expect(readAll(open(folder, { clean: true, configs: compacting }))).toEqual(
    readAll(open(folder, { configs: compacting })),
  )
})

test('I1: a cleaner that dies anywhere between taking segments in and removing them loses and doubles nothing', () => {
  fc.assert(
    fc.property(history, fc.nat(), (steps, pick) => {
      const folder = newFolder()
      const log = open(folder, { configs: compacting })
      const last = new Map<string, string | null>()
      for (const { key, value } of steps) {
        log.append(batchOf([[`k${key}`, value]]))
        last.set(`k${key}`, value)
      }
      const before = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
      maintain(log)
      const removed = [...before.keys()].filter((name) => !readdirSync(folder).includes(name)).sort()
      // They are removed from the oldest on: any tail of them may still be there.
      for (const name of removed.slice(pick % (removed.length + 1))) {
        writeFileSync(join(folder, name), before.get(name) ?? '')
      }
      const seen = readAll(open(folder, { configs: compacting }))
      const offsets = seen.map(({ offset }) => offset)
      expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b))
      expect(new Map(seen.map(({ key, value }) => [key, value]))).toEqual(last)
    }),
    { numRuns: 60 },
  )
})

test('between two steps of the cleaner a log is written to, read and cut off', () => {
  const log = open(newFolder(), { configs: { ...compacting, 'cleanup.policy': 'compact,delete' } })
  const large = randomBytes(300_000).toString('hex')
  for (let i = 0; i < 12; i++) log.append(batchOf([[`k${i % 2}`, `${i}${large}`]]))
  const steps = log.maintain()
  expect(steps.next().done).toBe(false)
  log.append(batchOf([['k0', 'newest']]))
  expect(readAll(log).at(-1)).toMatchObject({ offset: 12, value: 'newest' })
  log.deleteRecordsBefore(3)
  for (const _ of steps);
  expect(readAll(log).map(({ offset }) => offset)).toEqual(range(3, 13))
  maintain(log)
  expect(readAll(log).map(({ offset }) => offset)).toEqual([10, 11, 12])
})

test('a record is not compacted before min.compaction.lag.ms, and is after max.compaction.lag.ms', () => {
  let now = 1000
  const young = open(newFolder(), { now: () => now, configs: { ...compacting, 'min.compaction.lag.ms': '500' } })
  for (let i = 0; i < 20; i++) young.append(batchOf([['k', 'v'.repeat(100)]], now))
  maintain(young)
  expect(readAll(young)).toHaveLength(20)
  now = 1501
  maintain(young)
  expect(readAll(young).length).toBeLessThan(6)

  const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '1', 'max.compaction.lag.ms': '500' }
  const old = open(newFolder(), { now: () => now, configs })
  for (let i = 0; i < 5; i++) old.append(batchOf([['k', `${i}`]], now))
  maintain(old)
  expect(readAll(old)).toHaveLength(5)
  // The segment that is written to is closed for it.
  now += 501
  old.append(batchOf([['k', 'last']], now))
  maintain(old)
  expect(readAll(old).map(({ value }) => value)).toEqual(['4', 'last'])
})

const transactionalOf = (sequence: number): BatchProducer => ({ ...written(sequence), transactional: true })
const marker = (committed: boolean) =>
  encodeEndTxnMarker({ producerId: 7, epoch: 0, committed, coordinatorEpoch: 0 }, 1000)

test('neither retention nor compaction touches what is undecided', () => {
  for (const policy of ['delete', 'compact']) {
    const configs = { ...compacting, 'cleanup.policy': policy, 'retention.ms': '100' }
    const log = open(newFolder(), { now: () => 90_000, configs })
    log.append(batchOf([['k', 'undecided']], 1000, transactionalOf(0)))
    for (let i = 0; i < 20; i++) log.append(batchOf([['k', 'v'.repeat(60)]]))
    maintain(log)
    expect(log.lastStableOffset).toBe(0)
    expect(readAll(log)).toHaveLength(21)
    log.append(marker(true))
    maintain(log)
    expect(log.lastStableOffset).toBe(log.endOffset)
    expect(readAll(log).length).toBeLessThan(10)
  }
})

test('a marker stays while a record of its transaction does, and leaves after delete.retention.ms without one', () => {
  let now = 1000
  const log = open(newFolder(), { now: () => now, configs: { ...compacting, 'delete.retention.ms': '100' } })
  const markers = () => {
    const { records } = log.read(log.startOffset, 1e6)
    return records.flatMap((part) => [...readBatches(part, { verifyCrc: true })]).filter(({ control }) => control)
      .length
  }
  const more = () => {
    for (let i = 0; i < 8; i++) log.append(batchOf([[`other${i}`, 'v'.repeat(60)]]))
    maintain(log)
  }
  log.append(batchOf([['k', 'aborted']], 1000, transactionalOf(0)))
  log.append(marker(false))
  log.append(batchOf([['k', 'committed']], 1000, transactionalOf(1)))
  log.append(marker(true))
  more()
  expect([markers(), log.abortedTransactions(0, log.endOffset).length]).toEqual([2, 1])
  now = 1200
  more()
  expect([markers(), log.abortedTransactions(0, log.endOffset).length]).toEqual([1, 0])
  now = 1400
  log.append(batchOf([['k', 'newer']]))
  more()
  now = 1600
  more()
  expect(markers()).toBe(0)
})
