import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { AssignorName } from '#server/contract/assignment-strategies.ts'
import { startTestKafka } from '#server/kafka/testdata/test-kafka.ts'
import { recordingSink, runSink } from '#server/runtime/task/test-tree/sink-bench.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { RetriableError } from '#server/sdk/data-error.ts'
import type { SinkTask } from '#server/sdk/sink-task.ts'

const { client, producer, newTopic } = await kafkaOfFile(startTestKafka)

const all = [0, 1, 2, 3]
const patience = { timeout: 20_000 }
const numbers = (places: readonly { partition: number }[]) => places.map(({ partition }) => partition).sort()

/** One record a partition. */
const write = (topic: string, round: string) =>
  producer.produce(
    topic,
    all.map((partition) => ({ key: null, value: Buffer.from(`${round}${partition}`), partition })),
  )

/** A task of a sink, with what it was told to do with partitions, in order. */
function startTask(
  topics: readonly string[],
  group: string,
  assignors: readonly AssignorName[],
  hooks?: Partial<SinkTask>,
) {
  const told: string[] = []
  const held = new Set<number>()
  const sink = recordingSink({
    open(partitions) {
      told.push(`open ${numbers(partitions)}`)
      for (const { partition } of partitions) held.add(partition)
    },
    preCommit(current) {
      told.push(`flush ${numbers(current)}`)
      return current
    },
    close(partitions) {
      told.push(`close ${numbers(partitions)}`)
      for (const { partition } of partitions) held.delete(partition)
    },
    ...hooks,
  })
  const running = runSink(client, sink, { topics, group, assignors })
  return {
    ...running,
    told,
    values: sink.values,
    holds: () => [...held].sort(),
    async stop() {
      running.runner.stop()
      await running.ended
    },
  }
}

test('cooperative: what goes to another task is flushed, closed and committed alone; the rest goes on', async () => {
  const topic = await newTopic(all.length)
  const group = `g-${randomUUID()}`
  const strategy = ['cooperative-sticky'] as const
  const first = startTask([topic], group, strategy)
  await write(topic, 'a')
  await expect.poll(() => [...first.values].sort(), patience).toEqual(['a0', 'a1', 'a2', 'a3'])
  expect(first.told).toEqual(['open 0,1,2,3'])

  const second = startTask([topic], group, strategy)
  await expect.poll(() => second.holds().length, patience).toBe(2)
  const gone = second.holds()
  const kept = all.filter((partition) => !gone.includes(partition))
  expect(first.told).toEqual(['open 0,1,2,3', `flush ${gone}`, `close ${gone}`])
  expect(numbers(first.commits)).toEqual(gone)
  expect(second.told).toEqual([`open ${gone}`])

  await write(topic, 'b')
  await expect.poll(() => [...second.values].sort(), patience).toEqual(gone.map((partition) => `b${partition}`))
  const mine = [...all.map((partition) => `a${partition}`), ...kept.map((partition) => `b${partition}`)]
  await expect.poll(() => [...first.values].sort(), patience).toEqual(mine)

  await second.stop()
  await expect.poll(() => first.holds(), patience).toEqual(all)
  expect(first.told.slice(3)).toEqual([`open ${gone}`])
  await write(topic, 'c')
  await expect.poll(() => first.values.length, patience).toBe(10)
  await first.stop()
  // I2: nothing came twice, to whichever task.
  const everything = [...first.values, ...second.values].sort()
  expect(everything).toEqual(['a', 'b', 'c'].flatMap((round) => all.map((partition) => `${round}${partition}`)))
  expect(first.told.slice(4)).toEqual(['flush 0,1,2,3', 'close 0,1,2,3'])
})

test('eager: everything is flushed, closed and committed before, and opened after', async () => {
  const topic = await newTopic(all.length)
  const group = `g-${randomUUID()}`
  const strategy = ['range', 'cooperative-sticky'] as const
  const first = startTask([topic], group, strategy)
  await write(topic, 'a')
  await expect.poll(() => [...first.values].sort(), patience).toEqual(['a0', 'a1', 'a2', 'a3'])
  const second = startTask([topic], group, strategy)
  await expect.poll(() => [first.holds().length, second.holds().length], patience).toEqual([2, 2])
  expect([...first.holds(), ...second.holds()].sort()).toEqual(all)
  expect(first.told).toEqual(['open 0,1,2,3', 'flush 0,1,2,3', 'close 0,1,2,3', `open ${first.holds()}`])
  expect(numbers(first.commits)).toEqual(all)
  await second.stop()
  await expect.poll(() => first.holds(), patience).toEqual(all)
  await first.stop()
  expect(first.values).toHaveLength(4)
})

test('a batch that the task refuses is put again without what went to another task meanwhile', async () => {
  const topic = await newTopic(all.length)
  const group = `g-${randomUUID()}`
  const strategy = ['cooperative-sticky'] as const
  let takes = false
  const put: string[][] = []
  const first = startTask([topic], group, strategy, {
    put(batch) {
      if (batch.count === 0) return
      if (!takes) throw new RetriableError('not now')
      put.push([...batch].map(({ value }) => value as string).sort())
    },
  })
  await expect.poll(() => first.holds(), patience).toEqual(all)
  await write(topic, 'a')
  const second = startTask([topic], group, strategy)
  await expect.poll(() => second.holds().length, patience).toBe(2)
  const gone = second.holds()
  takes = true
  await expect.poll(() => [...second.values].sort(), patience).toEqual(gone.map((partition) => `a${partition}`))
  await expect.poll(() => put.flat().length, patience).toBe(2)
  await first.stop()
  await second.stop()
  expect(put.flat().sort()).toEqual(all.filter((partition) => !gone.includes(partition)).map((each) => `a${each}`))
})
