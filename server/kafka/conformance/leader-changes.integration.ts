import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaNode, startKafkaNode } from '#e2e/harness/jvm.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { withRetries } from '#server/kafka/back-off.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import { valuesOf } from '#server/kafka/testdata/kafka-under-test.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'
import { kafkaErrorName } from '#server/protocol/kafka-errors.ts'

const secondsOfElections = process.env.SLUICE_TEST_FULL === '1' ? 60 : 30
const secondsOfOutages = 30
const timeout = 300_000
const partitions = [0, 1, 2]
const preferredLeader = 0
const transactionLog = '__transaction_state'
const offsetsLog = '__consumer_offsets'

// It takes two brokers, so it is proven where Apache Kafka is (`npm run test:kafka`).
describe.skipIf(!process.env.SLUICE_KAFKA_HOME)('R-K04 on two brokers of Apache Kafka', () => {
  let folder: string
  let first: KafkaNode
  let second: KafkaNode
  let client: KafkaClient

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-two-brokers-'))
    const properties = () => ({
      'transaction.state.log.replication.factor': '2',
      'offsets.topic.replication.factor': '2',
      // A crashed broker is given up after this long.
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
    })
    first = await startKafkaNode(join(folder, '1'), { properties })
    second = await startKafkaNode(join(folder, '2'), { properties, joins: first })
    client = newClient()
  })
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]()
    await second?.[Symbol.asyncDispose]()
    await first?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const newClient = () =>
    createKafkaClient({
      bootstrapServers: [first.bootstrapServers, second.bootstrapServers],
      clientId: 'test',
      clock: systemClock,
      logger: quietLogger,
    })

  async function newTopic(name: string) {
    await createAdmin(client).createTopics([{ name, partitions: partitions.length, replicationFactor: 2 }])
    await client.topic(name)
    return name
  }

  const leadersOf = async (topic: string) => {
    const [found] = await client.metadata([topic])
    return found?.partitions.map(({ leader }) => leader) ?? []
  }

  const ledBy = (topic: string, broker: KafkaNode) =>
    expect.poll(async () => new Set(await leadersOf(topic)), { timeout: 60_000 }).toEqual(new Set([broker.id]))

  /** Makes a broker the preferred leader of every partition, and elects it as soon as it is in sync. */
  async function lead(topic: string, broker: KafkaNode) {
    const replicas = [broker.id, broker === first ? second.id : first.id]
    const all = (await leadersOf(topic)).map((_, partition) => partition)
    const reassigned = all.map((partitionIndex) => ({ partitionIndex, replicas }))
    const topics = [{ name: topic, partitions: reassigned }]
    const { errorCode } = await client.call('AlterPartitionReassignments', { topics }, 'controller')
    expect(kafkaErrorName(errorCode)).toBe('NONE')
    const election = { electionType: preferredLeader, topicPartitions: [{ topic, partitions: all }] }
    const elected = async () => {
      await client.call('ElectLeaders', election, 'controller')
      return new Set(await leadersOf(topic))
    }
    await expect.poll(elected, { timeout: 60_000 }).toEqual(new Set([broker.id]))
  }

  /** Runs until the time is over; answers how often. */
  async function again(seconds: number, work: (round: number) => Promise<void>) {
    let round = 0
    for (const until = Date.now() + seconds * 1_000; Date.now() < until; round++) await work(round)
    return round
  }

  /** A broker that leads every partition of the topics stops and comes back, then is killed and comes back, and so on. */
  const outages = (topics: readonly string[]) =>
    again(secondsOfOutages, async (round) => {
      for (const topic of topics) await lead(topic, second)
      await (round % 2 === 0 ? second.part.stop() : second.part.kill())
      for (const topic of topics) await ledBy(topic, first)
      await second.start()
    })

  /**
   * Writes 0, 1, 2, … to each partition while `disturb` runs, and reads them meanwhile. As nobody else writes, all is well
   * when each value is its record's offset: nothing is lost, doubled or out of order.
   */
  async function writeAndReadDuring(topic: string, disturb: () => Promise<unknown>) {
    await using writing = newClient()
    await using reading = newClient()
    await using producer = createProducer(writing, { acks: -1, idempotent: true })
    await using fetcher = createFetcher(reading, { isolation: 'read_uncommitted', resetPolicy: 'none' })
    await producer.ready(topic)
    let over = false

    async function write(partition: number): Promise<number> {
      const underWay: Promise<void>[] = []
      let next = 0
      while (!over) {
        const base = next
        const records = Array.from({ length: 10 }, () => ({ key: null, value: Buffer.from(`${next++}`), partition }))
        const acknowledged = producer.produce(topic, records).then((acks) => {
          for (const [i, { baseOffset }] of acks.entries()) expect([-1, base + i]).toContain(baseOffset)
        })
        underWay.push(acknowledged)
        if (underWay.length >= 20) await underWay.shift()
        await systemClock.sleep(2)
      }
      await Promise.all(underWay)
      return next
    }

    async function read(written: Promise<number[]>): Promise<number[]> {
      const signal = AbortSignal.timeout(timeout)
      const next = partitions.map(() => 0)
      let counts: number[] | undefined
      void written.then((known) => {
        counts = known
      })
      fetcher.assign(partitions.map((partition) => ({ topic, partition, offset: 0 })))
      while (!counts || next.some((offset, partition) => offset < (counts?.[partition] ?? 0))) {
        signal.throwIfAborted()
        for (const fetched of await fetcher.poll(signal, 500)) {
          let offset = next[fetched.partition] ?? 0
          for (const value of valuesOf([fetched])) {
            if (value !== `${offset}`) expect.fail(`${value} at ${offset} of partition ${fetched.partition}`)
            offset++
          }
          next[fetched.partition] = offset
        }
      }
      return next
    }

    const written = Promise.all(partitions.map(write))
    const seen = read(written)
    await Promise.race([disturb(), written, seen]).finally(() => {
      over = true
    })
    expect(await seen).toEqual(await written)
    expect(Math.min(...(await written))).toBeGreaterThan(1_000)
  }

  test('order over a new leader every 2 seconds', { timeout }, async () => {
    const topic = await newTopic('elected')
    await writeAndReadDuring(topic, async () => {
      const changes = await again(secondsOfElections, async (round) => {
        await lead(topic, round % 2 === 0 ? first : second)
        await systemClock.sleep(2_000)
      })
      expect(changes).toBeGreaterThan(secondsOfElections / 4)
    })
  })

  test('order over a leader that stops or is killed and comes back', { timeout }, async () => {
    const topic = await newTopic('stopped')
    await writeAndReadDuring(topic, () => outages([topic]))
  })

  test('transactions are whole over a coordinator that stops or is killed and comes back', { timeout }, async () => {
    const topic = await newTopic('transactions')
    await using writing = newClient()
    await using transactional = createTransactionalProducer(writing, { transactionalId: 'over changes' })
    await transactional.initTransactions()
    let over = false
    const wanted: string[] = []
    const disturbing = outages([transactionLog, topic]).finally(() => {
      over = true
    })
    for (let round = 0; !over; round++) {
      transactional.begin()
      const values = partitions.map((partition) => `${round}-${partition}`)
      const records = values.map((value, partition) => ({ key: null, value: Buffer.from(value), partition }))
      await transactional.producer.produce(topic, records)
      if (round % 5 === 4) await transactional.abort()
      else {
        await transactional.commit()
        wanted.push(...values)
      }
    }
    await disturbing
    await using fetcher = createFetcher(client, { isolation: 'read_committed', resetPolicy: 'none' })
    fetcher.assign(partitions.map((partition) => ({ topic, partition, offset: 0 })))
    const found: string[] = []
    const signal = AbortSignal.timeout(30_000)
    while (found.length < wanted.length && !signal.aborted) found.push(...valuesOf(await fetcher.poll(signal, 500)))
    const ofPartition = (values: readonly string[], partition: number) =>
      values.filter((value) => value.endsWith(`-${partition}`))
    for (const partition of partitions) expect(ofPartition(found, partition)).toEqual(ofPartition(wanted, partition))
    expect(wanted.length).toBeGreaterThan(100)
  })

  test('a group keeps its members and commits over a coordinator that stops or is killed', { timeout }, async () => {
    const topic = await newTopic('group')
    const lost: unknown[] = []
    await using consuming = newClient()
    await using consumer = createSinkConsumer(consuming, {
      groupId: 'over changes',
      subscribe: { topics: [topic] },
      isolation: 'read_uncommitted',
      heartbeatIntervalMs: 500,
      hooks: {
        assigned: async () => undefined,
        revoked: async (revoked) => void lost.push(...revoked),
        lost: async (gone) => void lost.push(...gone),
      },
    })
    const signal = AbortSignal.timeout(timeout)
    await consumer.poll(signal, 10_000)
    expect(consumer.assignment()).toHaveLength(partitions.length)

    let over = false
    const disturbing = outages([offsetsLog, topic]).finally(() => {
      over = true
    })
    await using producer = createProducer(client, { acks: -1, idempotent: true })
    const next = partitions.map(() => 0)
    for (let round = 0; !over; round++) {
      await Promise.all(
        partitions.map((partition) =>
          producer.produce(topic, [{ key: null, value: Buffer.from(`${round}`), partition }]),
        ),
      )
      while (next.some((offset) => offset <= round)) {
        signal.throwIfAborted()
        for (const fetched of await consumer.poll(signal, 500)) {
          const values = valuesOf([fetched])
          const from = next[fetched.partition] ?? 0
          expect(values).toEqual(values.map((_, i) => `${from + i}`))
          next[fetched.partition] = from + values.length
        }
      }
      const offsets = next.map((offset, partition) => ({ topic, partition, offset }))
      await withRetries(systemClock, { withinMs: 60_000 }, () => consumer.commit(offsets))
    }
    await disturbing
    expect(lost).toEqual([])
    const committed = await consumer.committed(partitions.map((partition) => ({ topic, partition })))
    expect(committed.map(({ partition, offset }) => [partition, offset]).sort()).toEqual([...next.entries()])
    expect(next[0]).toBeGreaterThan(50)
  })

  test('a leader that lost its log is read on from there, not from where the lost one was', { timeout }, async () => {
    const topic = 'emptied'
    const assignments = [{ partitionIndex: 0, brokerIds: [second.id] }]
    await client.call(
      'CreateTopics',
      { topics: [{ name: topic, numPartitions: -1, replicationFactor: -1, assignments }] },
      'controller',
    )
    const at = { topic, partition: 0 }
    await using producer = createProducer(client, { acks: -1, idempotent: false })
    const write = (values: readonly string[]) =>
      producer.produce(
        topic,
        values.map((value) => ({ key: null, value: Buffer.from(value), partition: 0 })),
      )
    await using fetcher = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'latest' })
    const signal = AbortSignal.timeout(90_000)
    async function read(count: number) {
      const values: string[] = []
      while (values.length < count && !signal.aborted) values.push(...valuesOf(await fetcher.poll(signal, 500)))
      return values
    }
    const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i} of ${count}`)
    await write(numbered(20))
    fetcher.assign([{ ...at, offset: 0 }])
    expect(await read(20)).toEqual(numbered(20))
    fetcher.pause([at])
    await second.part.stop()
    rmSync(join(folder, '2/data', `${topic}-0`), { recursive: true })
    await second.start()
    await write(numbered(30))
    fetcher.resume([at])
    expect(await read(30)).toEqual(numbered(30))
  })
})
