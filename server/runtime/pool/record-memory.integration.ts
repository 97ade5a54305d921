import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { openTroubledPool, sink, source, type TroubledPool } from '#server/runtime/pool/test-tree/troubled-pool.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'

const { kafka, client, producer, newTopic } = await kafkaOfFile(startRestartableKafka)
const mebibyte = 1_024 * 1_024
const partitions = 8
const perPartition = 3
const sinks = ['a', 'b', 'c', 'd', 'e', 'f']
const task = (connector: string) => ({ connector, task: 0 })

/** Records of a megabyte, of each partition a few. */
const topic = await newTopic(partitions)
for (let n = 0; n < perPartition * partitions; n++) {
  await producer.produce(topic, [{ partition: n % partitions, key: null, value: Buffer.alloc(1_000_000, 'x') }])
}

const putting = (pool: TroubledPool) =>
  sinks.filter((name) => (pool.unfinished.get(`${name}-0`) ?? []).some(({ stage }) => stage === 'putting records into'))
    .length

test('R-I15: sinks that take nothing for now hold no more than the worker may, but for a batch of each', async () => {
  const recordBytes = 16 * mebibyte
  await using pool = await openTroubledPool(kafka.bootstrapServers, { recordBytes })
  const config = { topics: topic, hook: 'put', trouble: 'block', 'sluice.stall.interval.ms': '800' }
  const held: number[] = []
  const watching = setInterval(() => held.push(pool.host.recordMemory().held), 5)
  try {
    for (const name of sinks) await pool.host.startTask(sink(task(name), config))
    await expect.poll(() => putting(pool), { timeout: 30_000 }).toBe(sinks.length)
    // What was asked for beside that has come meanwhile: a fetch waits for half a second at most.
    await systemClock.sleep(1_000)
  } finally {
    clearInterval(watching)
  }
  expect(Math.max(...held)).toBeGreaterThan(recordBytes / 4)
  expect(Math.max(...held)).toBeLessThanOrEqual(recordBytes + sinks.length * mebibyte)
  for (const name of sinks) expect(await pool.host.stopTask(task(name), 10)).toBe('cancelled')
  expect(pool.host.recordMemory().budget).toBe(recordBytes)
})

test('R-I15, I10: however little the memory is, every task goes on, and what ends gives back what it held', async () => {
  await using pool = await openTroubledPool(kafka.bootstrapServers, { recordBytes: 2 * mebibyte })
  for (const name of sinks) await pool.host.startTask(sink(task(name), { topics: topic }))
  await pool.host.startTask(source(task('feeds'), { topic: await newTopic() }))
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  for (const name of sinks) {
    const read = async () =>
      (await createAdmin(client).groupOffsets(`connect-${name}`, all)).map(({ offset }) => offset)
    await expect.poll(read, { timeout: 60_000 }).toEqual(all.map(() => perPartition))
  }
  await pool.says('feeds-0 RUNNING')
  for (const name of [...sinks, 'feeds']) expect(await pool.host.stopTask(task(name), 10_000)).toBe('stopped')
  expect(pool.host.recordMemory().held).toBe(0)
})
