import fs, { mkdtempSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPartitionLog } from '#server/broker/log/partition-log.ts'
import { createTailCache } from '#server/broker/log/tail-cache.ts'
import { logConfigOf } from '#server/broker/topics/topic-configs.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

/** The operating system is asked as ever; how often is counted. */
const { fdatasyncSync } = fs
let forced = 0
beforeEach(() => {
  forced = 0
  fs.fdatasyncSync = (handle) => {
    forced++
    fdatasyncSync(handle)
  }
  syncBuiltinESMExports()
})
afterEach(() => {
  fs.fdatasyncSync = fdatasyncSync
  syncBuiltinESMExports()
})

let now = 0
function open(configs: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'flush-policy-'))
  const log = openPartitionLog({
    directory,
    config: logConfigOf(configs),
    clean: false,
    cache: createTailCache(0),
    clock: { now: () => now, monotonic: () => now, sleep: async () => {}, random: () => 0 },
    logger: quietLogger,
  })
  return {
    log,
    append(count: number) {
      const records = Array.from({ length: count }, () => ({ key: null, value: Buffer.from('v') }))
      for (const batch of readBatches(encodeBatch(records, { timestamp: 1 }), { verifyCrc: false })) log.append(batch)
    },
    [Symbol.dispose]() {
      log.close()
      rmSync(directory, { recursive: true })
    },
  }
}

test('flush.messages forces the bytes to the disk with the batch that makes the number full, before it is acknowledged', () => {
  using one = open({ 'flush.messages': '5' })
  one.append(2)
  one.append(2)
  expect(forced).toBe(0)
  one.append(1)
  expect(forced).toBe(1)
  one.append(4)
  expect(forced).toBe(1)
  one.append(9)
  expect(forced).toBe(2)
})

test('flush.ms forces what has waited so long since the oldest of it was written, once', () => {
  using one = open({ 'flush.ms': '1000' })
  now = 10_000
  one.append(1)
  now = 10_900
  one.append(1)
  one.log.flushIfDue()
  expect(forced).toBe(0)
  now = 11_000
  one.log.flushIfDue()
  one.log.flushIfDue()
  expect(forced).toBe(1)
  now = 99_000
  one.log.flushIfDue()
  expect(forced).toBe(1)
})

test('without either, the operating system decides when: nothing is forced until the log is closed', () => {
  const one = open({})
  one.append(1000)
  now += 1_000_000_000
  one.log.flushIfDue()
  expect(forced).toBe(0)
  one[Symbol.dispose]()
  expect(forced).toBeGreaterThan(0)
})
