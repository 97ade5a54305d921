import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { createSlabPool } from '#server/kafka/slab-pool.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const records = (...values: string[]) => values.map((value) => ({ key: null, value: Buffer.from(value), partition: 0 }))

const mebibyte = 1024 * 1024
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)

test('R-K01: batches whose answers are lost stand in the log once, in order', async () => {
  const topic = await kafka.newTopic()
  const lost = new Set([1, 4, 5, 9])
  await using there = await kafka.behind(({ api, nth }) =>
    api === 'Produce' && lost.has(nth) ? 'lose the answer' : 'pass',
  )
  await using producer = createProducer(there.client, { acks: -1, idempotent: true })
  await producer.ready(topic)
  const sent = numbered(40).map((value) => {
    const batch = producer.newBatch()
    batch.append(1, null, Buffer.from(value))
    return producer.send(topic, 0, batch)
  })
  const acks = await Promise.all(sent)
  expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(numbered(40))
  for (const [i, { baseOffset }] of acks.entries()) expect([-1, i]).toContain(baseOffset)
})

test('R-K02: a broker that goes away with five batches under way and comes back has each once, in order', async () => {
  const topic = await kafka.newTopic()
  await using there = await kafka.behind(() => 'pass')
  await using producer = createProducer(there.client, { acks: -1, idempotent: true })
  const sent: Promise<unknown>[] = []
  for (const [i, value] of numbered(120).entries()) {
    sent.push(producer.produce(topic, records(value)))
    if (i % 40 !== 20) continue
    await sent[i - 10]
    there.proxy.cut()
    setTimeout(there.proxy.restore, 100)
  }
  await Promise.all(sent)
  expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(numbered(120))
})

test('R-K03: a gap that cannot close goes on under the next epoch, without loss, also when answers are lost there', async () => {
  const topic = await kafka.newTopic(1, { 'max.message.bytes': '2000' })
  const lost = new Set([2, 3, 8, 11])
  await using there = await kafka.behind(({ api, nth }) =>
    api === 'Produce' && lost.has(nth) ? 'lose the answer' : 'pass',
  )
  await using producer = createProducer(there.client, { acks: -1, idempotent: true })
  await producer.ready(topic)
  const values = numbered(40).map((value) => (Number(value) % 10 === 3 ? 'x'.repeat(5_000) : value))
  const outcomes = await Promise.allSettled(
    values.map((value) => {
      const batch = producer.newBatch()
      batch.append(1, null, Buffer.from(value))
      return producer.send(topic, 0, batch)
    }),
  )
  const refused = outcomes.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))
  expect(refused).toEqual([3, 13, 23, 33])
  expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(values.filter((_, i) => !refused.includes(i)))
})

/** Slabs of 64 KiB, and the most bytes that were out of them at once. */
function countingPool() {
  const pool = createSlabPool(65_536)
  let out = 0
  const counting = {
    ...pool,
    most: 0,
    take(bytes?: number) {
      const slab = pool.take(bytes)
      out += slab.length
      counting.most = Math.max(counting.most, out)
      return slab
    },
    give(slab: Buffer) {
      out -= slab.length
      pool.give(slab)
    },
  }
  return counting
}

test.each([
  ['batches', 50_000],
  ['records that share batches', 1_000],
  ['records larger than a batch', 150_000],
])(
  'R-K08, I12: a slow broker holds a writer of %s back within its buffer, and gets everything',
  async (what, bytes) => {
    const topic = await kafka.newTopic()
    await using there = await kafka.behind(({ api }) =>
      api === 'Produce' ? { answerAfter: systemClock.sleep(5) } : 'pass',
    )
    const slabs = countingPool()
    const bufferBytes = 500_000
    await using producer = createProducer(there.client, { acks: -1, idempotent: true, slabs, bufferBytes })
    await producer.ready(topic)
    const values = numbered(Math.ceil(3_000_000 / bytes)).map((value) => value.padEnd(bytes))
    const written: Promise<unknown>[] = []
    for (const value of values) {
      if (what !== 'batches') written.push(producer.produce(topic, records(value)))
      else {
        await producer.room()
        const batch = producer.newBatch()
        batch.append(1, null, Buffer.from(value))
        written.push(producer.send(topic, 0, batch))
      }
    }
    await Promise.all(written)
    expect(slabs.most).toBeLessThanOrEqual(bufferBytes)
    expect(slabs.most).toBeGreaterThan(bufferBytes / 2)
    expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(values)
  },
)

test('R-K09: whatever times out, gets lost and is sent again, no topic gets bytes of another', async () => {
  const topics = await Promise.all(numbered(4).map(() => kafka.newTopic()))
  const slabs = createSlabPool(262_144, 4)
  const stalls = new Set([15, 80, 150])
  await using there = await kafka.behind(({ api, nth }) => {
    if (api !== 'Produce') return 'pass'
    if (stalls.has(nth)) return { readOnAfter: systemClock.sleep(1_500) }
    return nth % 23 === 7 ? 'lose the answer' : 'pass'
  })
  const patient = { acks: -1, idempotent: true, slabs, requestTimeoutMs: 1_000 } as const
  const lineOf = (topic: string) => topic.repeat(100)
  /** Fills batches with lines of the topic; answers how many lines were acknowledged. */
  async function write(topic: string, deliveryTimeoutMs: number) {
    await using producer = createProducer(there.client, { ...patient, deliveryTimeoutMs })
    await producer.ready(topic)
    const acknowledged: Promise<number>[] = []
    for (let batches = 0; batches < 60; batches++) {
      await producer.room()
      const batch = producer.newBatch()
      while (batch.append(1, null, Buffer.from(lineOf(topic))));
      const { count } = batch
      const sent = producer.send(topic, 0, batch)
      acknowledged.push(
        sent.then(
          () => count,
          () => 0, // given up, and its slab taken for the next one
        ),
      )
    }
    return (await Promise.all(acknowledged)).reduce((sum, count) => sum + count, 0)
  }
  const [, ...counts] = await Promise.all(topics.map((topic, i) => write(topic, i === 0 ? 500 : 100_000)))
  const found = await Promise.all(topics.map((topic) => kafka.readAll(topic, 'read_uncommitted')))
  for (const [i, lines] of found.entries()) expect(lines.filter((line) => line !== lineOf(topics[i] ?? ''))).toEqual([])
  expect(found.slice(1).map(({ length }) => length)).toEqual(counts)
  expect(new Set(counts).size).toBe(1)
  expect(counts[0]).toBeGreaterThan(0)
})

test('R-K10: an answer that claims 2 GiB is refused before memory is taken for it, and asked for again elsewhere', async () => {
  const topic = await kafka.newTopic()
  const twoGibibytes = Buffer.from([0x7f, 0xff, 0xff, 0xff])
  const claimed = new Set<string>()
  await using there = await kafka.behind(({ api }) => {
    if (claimed.has(api)) return 'pass'
    claimed.add(api)
    return { bytesForAnswer: twoGibibytes }
  })
  const before = process.memoryUsage().arrayBuffers
  await using producer = createProducer(there.client, { acks: -1, idempotent: true })
  await producer.produce(topic, records('a'))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * mebibyte)
  expect([...claimed]).toEqual(expect.arrayContaining(['ApiVersions', 'Metadata', 'InitProducerId', 'Produce']))
  expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(['a'])
})
