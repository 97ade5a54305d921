import { describe, expect, test } from 'vitest'
import { type SinkRecord, type SinkSlice, sinkBatch } from '#server/sdk/records.ts'
import type { PartitionOffset, SinkTask, SinkTaskContext } from '#server/sdk/sink-task.ts'
import { openDescriptors } from '#server/sdk/testing/open-descriptors.ts'
import { sinkContext, sinkRecord, sliceOf, textSliceOf } from '#server/sdk/testing/sink-harness.ts'

/** An empty sink system, prepared for one test and taken down after it. */
export interface SinkFixture extends Partial<AsyncDisposable> {
  /** Makes a task, not started, as the connector's `createTask` does. */
  open(context: SinkTaskContext): SinkTask
  /** What the system holds now, oldest first: the text value of each record, or what `shown` makes of it. */
  written(): Promise<readonly string[]> | readonly string[]
  /** How a record stands in the system, where that is not its text. */
  shown?(record: SinkRecord): string
}

/**
 * What makes a sink a sink: call it in the connector's test file, with a function that prepares the system.
 *
 * Tasks are driven as the runner drives them: `start`, `open`, `put`, then `preCommit` or `flush`, at last `close` and the
 * disposal. The records have text values, some of them beyond ASCII, in two partitions of one topic.
 */
export function meetsSinkContract(prepare: () => Promise<SinkFixture> | SinkFixture): void {
  const within = async (proof: (fixture: SinkFixture) => Promise<void>) => {
    const fixture = await prepare()
    try {
      await proof(fixture)
    } finally {
      await fixture[Symbol.asyncDispose]?.()
    }
  }

  describe('the contract of a sink', () => {
    test('has every record, in order, when its offset may be committed', () =>
      within(async (fixture) => {
        const life = await begin(fixture)
        for (const batch of [records(0, 3), records(3, 1), records(4, 40)]) await life.put([sliceOf(batch)])
        await life.end()
        expect(await fixture.written()).toEqual(shown(fixture, records(0, 44)))
      }))

    test('takes nothing at all as gladly as records, and writes nothing for it', () =>
      within(async (fixture) => {
        const life = await begin(fixture)
        await life.put([])
        await life.commit()
        await life.put([sliceOf(records(0, 2))])
        await life.put([])
        await life.commit()
        await life.commit()
        await life.end()
        expect(await fixture.written()).toEqual(shown(fixture, records(0, 2)))
      }))

    test('lets no offset be committed that it was not given', () =>
      within(async (fixture) => {
        const life = await begin(fixture)
        await life.put([sliceOf(records(0, 5)), sliceOf(records(0, 2, 1))])
        const safe = await life.commit()
        for (const { partition, offset } of safe) expect(offset).toBeLessThanOrEqual(partition === 0 ? 5 : 2)
        await life.end()
      }))

    test('goes on in another life after what it wrote in the last', () =>
      within(async (fixture) => {
        for (let from = 0; from < 9; from += 3) {
          const life = await begin(fixture)
          await life.put([sliceOf(records(from, 3))])
          await life.end()
        }
        expect(await fixture.written()).toEqual(shown(fixture, records(0, 9)))
      }))

    test('goes on when partitions are taken away and given back', () =>
      within(async (fixture) => {
        const life = await begin(fixture)
        await life.put([sliceOf(records(0, 2))])
        await life.commit()
        await life.task.close?.(partitions)
        await life.task.open?.(partitions)
        await life.put([sliceOf(records(2, 2))])
        await life.end()
        expect(await fixture.written()).toEqual(shown(fixture, records(0, 4)))
      }))

    test('writes the same for texts as for records', () =>
      within(async (fixture) => {
        const life = await begin(fixture)
        if (life.task.takesTexts) await life.put([textSliceOf(records(0, 4)), sliceOf(records(4, 3))])
        else await life.put([sliceOf(records(0, 7))])
        await life.put([sliceOf(records(7, 1))])
        await life.end()
        expect(await fixture.written()).toEqual(shown(fixture, records(0, 8)))
      }))

    test('stops without having started or been given anything, and twenty lives leave nothing open', () =>
      within(async (fixture) => {
        await fixture.open(sinkContext())[Symbol.asyncDispose]()
        const before = openDescriptors()
        for (let life = 0; life < 20; life++) await (await begin(fixture)).end()
        expect(openDescriptors() - before).toBeLessThan(10)
        expect(await fixture.written()).toEqual([])
      }))
  })
}

const partitions = [0, 1].map((partition) => ({ topic: 'under-test', partition }))
const texts = ['plain', 'Grüße aus Köln', '', '🛒 3 × кофе', '{"a":1}']

const records = (from: number, count: number, partition = 0): SinkRecord[] =>
  Array.from({ length: count }, (_, i) =>
    sinkRecord(from + i, `${texts[(from + i) % texts.length]}${from + i}`, { partition }),
  )

const shown = (fixture: SinkFixture, all: readonly SinkRecord[]): string[] =>
  all.map((record) => fixture.shown?.(record) ?? `${record.value}`)

/** One life of a task, with the order of calls that the runner keeps. */
async function begin(fixture: SinkFixture) {
  const task = fixture.open(sinkContext())
  await task.start?.()
  await task.open?.(partitions)
  const positions = new Map<number, PartitionOffset>()

  async function put(slices: readonly SinkSlice[]) {
    await task.put(sinkBatch(slices))
    for (const { topic, partition, nextOffset } of slices) {
      positions.set(partition, { topic, partition, offset: nextOffset })
    }
  }

  async function commit(): Promise<readonly PartitionOffset[]> {
    const current = [...positions.values()]
    if (task.preCommit) return task.preCommit(current)
    await task.flush?.(current)
    return current
  }

  async function end() {
    await commit()
    await task.close?.(partitions)
    await task[Symbol.asyncDispose]()
  }

  return { task, put, commit, end }
}
