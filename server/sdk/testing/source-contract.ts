import { describe, expect, test } from 'vitest'
import type { OffsetMap, SourceRecord } from '#server/sdk/records.ts'
import type { SourceTask, SourceTaskContext } from '#server/sdk/source-task.ts'
import { openDescriptors } from '#server/sdk/testing/open-descriptors.ts'
import { recordsOf, sourceContext, storedAfter, take } from '#server/sdk/testing/source-harness.ts'
import { textForm } from '#server/sdk/text-form.ts'

/** A source system with something in it, prepared for one test and taken down after it. */
export interface SourceFixture extends Partial<AsyncDisposable> {
  /** How many records one task has to give before it is quiet. */
  readonly records: number
  /** Makes a task, not started, as the connector's `createTask` does. The context brings what was stored. */
  open(context: SourceTaskContext): SourceTask
  /** Adds to the source what makes some more records, and answers how many. Absent: this source has an end. */
  more?(): Promise<number> | number
  /** What makes two records the same, when it is more or less than topic, key and value. */
  identity?(record: SourceRecord): string
}

/**
 * What makes a source a source: call it in the connector's test file, with a function that prepares the system.
 *
 * Each test gets a fixture of its own; at most twelve places are tried for a restart. Tasks are driven as the runner drives
 * them: `start`, `poll` one at a time, the abort of a waiting poll, the disposal.
 */
export function meetsSourceContract(prepare: () => Promise<SourceFixture> | SourceFixture): void {
  const within = async (proof: (fixture: SourceFixture) => Promise<void>) => {
    const fixture = await prepare()
    try {
      await proof(fixture)
    } finally {
      await fixture[Symbol.asyncDispose]?.()
    }
  }

  describe('the contract of a source', () => {
    test('gives every record, each with a topic', () =>
      within(async (fixture) => {
        const records = await polled(fixture, fixture.records)
        expect(records).toHaveLength(fixture.records)
        for (const { topic } of records) expect(topic).not.toBe('')
      }))

    test('goes on after any record where it stopped, without loss or repeat', () =>
      within(async (fixture) => {
        const all = await polled(fixture, fixture.records)
        const told = all.map(identityOf(fixture))
        for (const cut of places(all.length - 1)) {
          const stored = storedAfter(all.slice(0, cut))
          if (cut > 0 && stored.size === 0) return // a source that keeps no offsets
          const rest = await polled(fixture, all.length - cut, sourceContext({ stored }))
          expect(rest.map(identityOf(fixture)), `after ${cut} records`).toEqual(told.slice(cut))
        }
      }))

    test('gives the next records after a restart that found nothing new', () =>
      within(async (fixture) => {
        const { more } = fixture
        if (!more) return
        const all = await polled(fixture, fixture.records)
        const stored = storedAfter(all)
        const added = await more()
        const next = await polled(fixture, added, sourceContext({ stored }))
        expect(next).toHaveLength(added)
        if (stored.size > 0) expect(storedAfter(next)).not.toEqual(stored)
      }))

    test('writes offsets of JSON primitives, with keys in one order', () =>
      within(async (fixture) => {
        const orders = { partition: new Set<string>(), offset: new Set<string>() }
        for (const { sourcePartition, sourceOffset } of await polled(fixture, fixture.records)) {
          expect(sourceOffset === null).toBe(sourcePartition === null)
          if (!sourcePartition || !sourceOffset) continue
          expectPrimitives(sourcePartition)
          expectPrimitives(sourceOffset)
          orders.partition.add(Object.keys(sourcePartition).join())
          orders.offset.add(Object.keys(sourceOffset).join())
        }
        expect(orders.partition.size).toBeLessThanOrEqual(1)
        expect(orders.offset.size).toBeLessThanOrEqual(1)
      }))

    test('waits without data, ends the wait with null when it is aborted, and goes on with the next poll', () =>
      within(async (fixture) => {
        const task = await started(fixture)
        await take(task, fixture.records)
        for (let round = 0; round < 2; round++) {
          const abort = new AbortController()
          const poll = task.poll(abort.signal)
          expect(await settlesSoon(poll), 'a poll without data came back').toBe(false)
          abort.abort()
          expect(await poll).toBeNull()
        }
        const added = (await fixture.more?.()) ?? 0
        expect(await take(task, added)).toHaveLength(added)
        await task[Symbol.asyncDispose]()
      }))

    test('wakes a waiting poll when something comes', () =>
      within(async (fixture) => {
        const { more } = fixture
        if (!more) return
        const task = await started(fixture)
        await take(task, fixture.records)
        const waiting = task.poll(new AbortController().signal)
        await settlesSoon(waiting)
        await more()
        expect(await waiting).not.toBeNull()
        await task[Symbol.asyncDispose]()
      }))

    test('loses nothing to polls that were aborted before they began', () =>
      within(async (fixture) => {
        const task = await started(fixture)
        const records: SourceRecord[] = []
        while (records.length < fixture.records) {
          records.push(...recordsOf(await task.poll(AbortSignal.abort())))
          if (records.length < fixture.records) records.push(...(await take(task, 1)))
        }
        expect(records).toHaveLength(fixture.records)
        await task[Symbol.asyncDispose]()
      }))

    test('uses no processor while it waits', () =>
      within(async (fixture) => {
        const task = await started(fixture)
        await take(task, fixture.records)
        const abort = new AbortController()
        const poll = task.poll(abort.signal)
        await settlesSoon(poll)
        const before = process.cpuUsage()
        await new Promise((resolve) => setTimeout(resolve, 200))
        const { user, system } = process.cpuUsage(before)
        abort.abort()
        await poll
        await task[Symbol.asyncDispose]()
        expect((user + system) / 1000, 'CPU ms in 200 ms of waiting').toBeLessThan(100)
      }))

    test('stops without having started, and twenty lives leave nothing open', () =>
      within(async (fixture) => {
        await fixture.open(sourceContext())[Symbol.asyncDispose]()
        const before = openDescriptors()
        for (let life = 0; life < 20; life++) await polled(fixture, fixture.records)
        expect(openDescriptors() - before).toBeLessThan(10)
      }))
  })
}

async function started(fixture: SourceFixture, context = sourceContext()): Promise<SourceTask> {
  const task = fixture.open(context)
  await task.start?.()
  return task
}

/** One life: start, `count` records, a stop while a poll waits. */
async function polled(fixture: SourceFixture, count: number, context = sourceContext()): Promise<SourceRecord[]> {
  const task = await started(fixture, context)
  const records = await take(task, count)
  await task.commit?.()
  const abort = new AbortController()
  const last = task.poll(abort.signal)
  abort.abort()
  expect(await last).toBeNull()
  await task[Symbol.asyncDispose]()
  return records
}

const identityOf =
  ({ identity }: SourceFixture) =>
  (record: SourceRecord): string =>
    identity?.(record) ?? `${record.topic} ${textForm(record.key ?? null)} ${textForm(record.value)}`

/** From 0 up to `last`, at most twelve of them, both ends among them. */
function places(last: number): number[] {
  const step = Math.max(1, Math.ceil(last / 11))
  const some = Array.from({ length: Math.ceil(last / step) }, (_, i) => i * step)
  return [...some, last]
}

function expectPrimitives(map: OffsetMap) {
  expect(JSON.parse(JSON.stringify(map))).toEqual(map)
  for (const value of Object.values(map)) expect(['string', 'number', 'boolean']).toContain(typeof (value ?? ''))
}

/** Whether a promise settles before a good many other things had their turn. */
async function settlesSoon(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = () => {
    settled = true
  }
  promise.then(note, note)
  await new Promise((resolve) => setTimeout(resolve, 50))
  return settled
}
