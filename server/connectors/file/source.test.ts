import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sourceConfig } from '#server/connectors/file/config.ts'
import { createTask } from '#server/connectors/file/source.ts'
import { temporaryFolder } from '#server/connectors/file/testdata/folder.ts'
import { typed } from '#server/connectors/testdata/typed.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'
import { meetsSourceContract } from '#server/sdk/testing/source-contract.ts'
import { recordsOf, sourceContext, storedAfter, take } from '#server/sdk/testing/source-harness.ts'

const open = (file: string, batchSize = 2000, context = sourceContext()) =>
  createTask(typed(sourceConfig, { file, topic: 'lines', 'batch.size': `${batchSize}` }), context)

const values = async (task: SourceTask, count: number) => (await take(task, count)).map(({ value }) => value)

const lines = ['plain', 'Grüße aus Köln', '', 'a\r', '🛒 3 × кофе', 'x'.repeat(3000)]

meetsSourceContract(() => {
  const folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, `${lines.join('\n')}\nnot a whole line`)
  return {
    records: lines.length,
    open: (context) => open(file, 2, context),
    more() {
      appendFileSync(file, ' yet\r\nsecond\n')
      return 2
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
})

test('gives at most batch.size lines at once', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, 'a\nb\nc\nd\ne\n')
  await using task = open(file, 2)
  const sizes: number[] = []
  for (let left = 5; left > 0; left -= sizes.at(-1) ?? 0) {
    sizes.push(recordsOf(await task.poll(new AbortController().signal)).length)
  }
  expect(sizes).toEqual([2, 2, 1])
})

test('counts positions in bytes, so that a line beyond ASCII neither loses nor repeats another', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, 'äöü\r\n€\n')
  await using task = open(file)
  const records = await take(task, 2)
  expect(records.map(({ sourceOffset }) => sourceOffset)).toEqual([{ position: 8 }, { position: 12 }])
  expect(records[0]?.sourcePartition).toEqual({ filename: file })
})

/** The lines of a text that have an end; a CR at the very end waits, because an LF may follow. */
const wholeLines = (text: string) =>
  text
    .replace(/\r$/, '')
    .split(/\r\n|\n|\r/)
    .slice(0, -1)

test('gives any text back line by line, however it grows and wherever the task is restarted', async () => {
  const character = fc.constantFrom('a', 'ß', '€', '🛒', '\n', '\r\n', '\r', ' ')
  const text = fc.array(character, { maxLength: 120 }).map((all) => all.join(''))
  const growth = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(text, growth, fc.integer({ min: 1, max: 4 }), async (whole, steps, batchSize) => {
      await using folder = temporaryFolder()
      const file = folder.path('in.txt')
      const bytes = Buffer.from(whole)
      let stored = storedAfter([])
      const found: unknown[] = []
      let end = 0
      for (const step of [...steps, bytes.length]) {
        appendFileSync(file, bytes.subarray(end, end + step))
        end = Math.min(bytes.length, end + step)
        await using task = open(file, batchSize, sourceContext({ stored }))
        await task.start?.()
        const due = wholeLines(bytes.toString('latin1', 0, end)).length - found.length
        const records = await take(task, due)
        if (due > 0) stored = storedAfter(records)
        found.push(...records.map(({ value }) => value))
      }
      expect(found).toEqual(wholeLines(whole))
    }),
    { numRuns: 150 },
  )
}, 30_000)

test('gives a line that was appended within milliseconds', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, '')
  await using task = open(file)
  const took: number[] = []
  for (let i = 0; i < 20; i++) {
    const waiting = values(task, 1)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const begun = performance.now()
    appendFileSync(file, `line ${i}\n`)
    expect(await waiting).toEqual([`line ${i}`])
    took.push(performance.now() - begun)
  }
  const median = took.sort((a, b) => a - b)[10]
  expect(median).toBeLessThan(100)
})

test('misses no line of a writer that never rests', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, '')
  await using task = open(file)
  const count = 500
  const reading = values(task, count)
  for (let i = 0; i < count; i++) {
    appendFileSync(file, `${i}\n`)
    if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await reading).toEqual(Array.from({ length: count }, (_, i) => `${i}`))
})

test.each(['in.txt', 'not/there/yet/in.txt'])('waits for %s to appear, and does not spin meanwhile', async (name) => {
  await using folder = temporaryFolder()
  const file = folder.path(name)
  await using task = open(file)
  const waiting = values(task, 1)
  const before = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, 150))
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(75)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, 'at last\n')
  expect(await waiting).toEqual(['at last'])
})

test('reads a file that was cut off again from its beginning', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, 'one\ntwo\nhalf a li')
  await using task = open(file)
  expect(await values(task, 2)).toEqual(['one', 'two'])
  expect(await pollNow(task)).toEqual([])
  truncateSync(file)
  expect(await pollNow(task)).toEqual([])
  appendFileSync(file, 'new\n')
  const [record] = await take(task, 1)
  expect(record).toMatchObject({ value: 'new', sourceOffset: { position: 4 } })
})

test('starts at the beginning when the stored position lies behind the end', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, 'one\n')
  const stored = new Map([[JSON.stringify({ filename: file }), { position: 100 }]])
  await using task = open(file, 2000, sourceContext({ stored }))
  await task.start?.()
  expect(await values(task, 1)).toEqual(['one'])
})

test('reads the last lines of a file that is moved away, and then the file that takes its place', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, 'one\n')
  await using task = open(file)
  expect(await values(task, 1)).toEqual(['one'])
  expect(await pollNow(task)).toEqual([])
  appendFileSync(file, 'last\n')
  renameSync(file, folder.path('in.txt.1'))
  writeFileSync(file, 'first of many, much longer than the other file\n')
  expect(await values(task, 2)).toEqual(['last', 'first of many, much longer than the other file'])
  appendFileSync(file, 'next\n')
  expect(await values(task, 1)).toEqual(['next'])
})

test('goes on where it was in a file that an editor saved under the same name', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, 'one\ntwo\n')
  await using task = open(file)
  expect(await values(task, 2)).toEqual(['one', 'two'])
  expect(await pollNow(task)).toEqual([])
  for (const added of ['three', 'four']) {
    copyFileSync(file, folder.path('saved'))
    appendFileSync(folder.path('saved'), `${added}\n`)
    const waiting = values(task, 1)
    renameSync(folder.path('saved'), file)
    expect(await waiting).toEqual([added])
  }
})

test('watches the file that has the name, also while the one before is still written to', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  writeFileSync(file, 'one\n')
  symlinkSync(file, folder.path('link'))
  await using task = open(file)
  await using holder = open(folder.path('link'))
  expect(await values(task, 1)).toEqual(['one'])
  expect(await values(holder, 1)).toEqual(['one'])
  expect(await pollNow(task)).toEqual([])
  writeFileSync(folder.path('other'), 'two\n')
  const second = values(task, 1)
  renameSync(folder.path('other'), file)
  expect(await second).toEqual(['two'])
  const waiting = values(task, 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const begun = performance.now()
  appendFileSync(file, 'three\n')
  expect(await waiting).toEqual(['three'])
  expect(performance.now() - begun).toBeLessThan(1_000)
})

test('takes a folder in place of the file for a file that is not there yet', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  mkdirSync(file)
  await using task = open(file)
  expect(await pollNow(task)).toEqual([])
  const waiting = values(task, 1)
  rmSync(file, { recursive: true })
  writeFileSync(file, 'now\n')
  expect(await waiting).toEqual(['now'])
})

test('refuses a named pipe at once, in place of waiting for its writer', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('pipe')
  execFileSync('/usr/bin/mkfifo', [file])
  await using task = open(file)
  await expect(task.poll(new AbortController().signal)).rejects.toMatchObject({ code: 'START_FAILED' })
})

test('reads lines far longer than any buffer', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('in.txt')
  const long = 'é'.repeat(3_000_000)
  writeFileSync(file, `${long}\nshort\n`)
  await using task = open(file)
  const [first, second] = await take(task, 2)
  expect(first?.value === long).toBe(true)
  expect(second).toMatchObject({ value: 'short', sourceOffset: { position: 6_000_007 } })
})

/** What is there now: a poll that is aborted once it has had time to look. */
async function pollNow(task: SourceTask) {
  const abort = new AbortController()
  const poll = task.poll(abort.signal)
  await new Promise((resolve) => setTimeout(resolve, 20))
  abort.abort()
  return recordsOf(await poll)
}
