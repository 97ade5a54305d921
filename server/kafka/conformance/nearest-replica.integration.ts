import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaNode, startKafkaNode } from '#e2e/harness/jvm.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import type { Connection } from '#server/kafka/connection.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'
import { createProducer, type Producer } from '#server/kafka/producer.ts'
import { valuesOf } from '#server/kafka/testdata/kafka-under-test.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import type { ResponseOf } from '#server/protocol/codec.ts'

const timeout = 240_000

// It takes two brokers, so it is proven where Apache Kafka is (`npm run test:kafka`).
describe.skipIf(!process.env.SLUICE_KAFKA_HOME)('KIP-392 on two brokers of Apache Kafka', () => {
  let folder: string
  let leading: KafkaNode
  let near: KafkaNode
  let client: KafkaClient
  let producer: Producer

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-two-racks-'))
    const inRack = (rack: string) => () => ({
      'broker.rack': rack,
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
      // A crashed broker is given up after this long.
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
    })
    leading = await startKafkaNode(join(folder, '1'), { properties: inRack('far') })
    near = await startKafkaNode(join(folder, '2'), { properties: inRack('near'), joins: leading })
    client = newClient()
    producer = createProducer(client, { acks: -1, idempotent: true })
  })
  afterAll(async () => {
    await producer?.[Symbol.asyncDispose]()
    await client?.[Symbol.asyncDispose]()
    await near?.[Symbol.asyncDispose]()
    await leading?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const newClient = () =>
    createKafkaClient({
      bootstrapServers: [leading.bootstrapServers, near.bootstrapServers],
      clientId: 'test',
      clock: systemClock,
      logger: quietLogger,
    })

  /** A topic with a replica on each broker, led by the one that is far away. */
  async function newTopic(name: string) {
    const assignments = [{ partitionIndex: 0, brokerIds: [leading.id, near.id] }]
    const topics = [{ name, numPartitions: -1, replicationFactor: -1, assignments }]
    await client.call('CreateTopics', { topics }, 'controller')
    const inSync = async () => (await client.metadata([name]))[0]?.partitions[0]?.inSyncReplicas.length
    await expect.poll(inSync, { timeout: 60_000 }).toBe(2)
    return { topic: name, partition: 0 }
  }

  let written = 0
  async function write(topic: string, count: number) {
    const values = Array.from({ length: count }, () => `${written++}`)
    await producer.produce(
      topic,
      values.map((value) => ({ key: null, value: Buffer.from(value), partition: 0 })),
    )
    return values
  }

  /** A reader, and which broker gave it how many bytes of records. */
  function readerIn(rack: string, topic: string) {
    const reading = newClient()
    const bytesOf = new Map<number, number>()
    const noting = (broker: number, answer: ResponseOf<'Fetch'>) => {
      const bytes = answer.responses.flatMap(({ partitions }) => partitions.map(({ records }) => records?.length ?? 0))
      bytesOf.set(broker, (bytesOf.get(broker) ?? 0) + bytes.reduce((sum, size) => sum + size, 0))
    }
    const watched: KafkaClient = Object.assign(Object.create(reading), {
      async connection(to: Parameters<KafkaClient['connection']>[0], dedicated?: string): Promise<Connection> {
        const connection = await reading.connection(to, dedicated)
        if (typeof to === 'string' || !('broker' in to)) return connection
        return Object.assign(Object.create(connection), {
          async call(...request: Parameters<Connection['call']>) {
            const answer = await connection.call(...request)
            if (request[0] === 'Fetch') noting(to.broker, answer as ResponseOf<'Fetch'>)
            return answer
          },
        })
      },
    })
    const fetcher = createFetcher(watched, { isolation: 'read_committed', resetPolicy: 'none', rack })
    fetcher.assign([{ topic, partition: 0, offset: 0 }])
    return {
      fetcher,
      /** Who gave records since this was last asked. */
      takeSources() {
        const given = [...bytesOf].flatMap(([broker, bytes]) => (bytes > 0 ? broker : []))
        bytesOf.clear()
        return given.sort()
      },
      async read(count: number) {
        const signal = AbortSignal.timeout(60_000)
        const found: string[] = []
        while (found.length < count) {
          signal.throwIfAborted()
          found.push(...valuesOf(await fetcher.poll(signal, 500)))
        }
        return found
      },
      async [Symbol.asyncDispose]() {
        await fetcher[Symbol.asyncDispose]()
        await reading[Symbol.asyncDispose]()
      },
    }
  }

  test('records come from the replica in the rack of the reader, from the leader for one of another place', async () => {
    const { topic } = await newTopic('racks')
    const first = await write(topic, 50)
    for (const [rack, source] of [
      ['near', near.id],
      ['far', leading.id],
      ['nowhere', leading.id],
      ['', leading.id],
    ] as const) {
      await using reader = readerIn(rack, topic)
      expect(await reader.read(first.length)).toEqual(first)
      expect(reader.takeSources(), `in rack '${rack}'`).toEqual([source])
    }
  })

  test('I1, I2, I10: nothing is lost or comes twice over a replica that is killed and comes back', {
    timeout,
  }, async () => {
    const { topic } = await newTopic('killed')
    await using reader = readerIn('near', topic)
    const inSync = async () => (await client.metadata([topic]))[0]?.partitions[0]?.inSyncReplicas.length
    const first = await write(topic, 50)
    expect(await reader.read(50)).toEqual(first)
    expect(reader.takeSources()).toEqual([near.id])

    await near.part.kill()
    await expect.poll(inSync, { timeout: 60_000 }).toBe(1)
    const second = await write(topic, 50)
    expect(await reader.read(50)).toEqual(second)
    expect(reader.takeSources()).toEqual([leading.id])

    await near.start()
    await expect.poll(inSync, { timeout: 60_000 }).toBe(2)
    const wanted: string[] = []
    const found: string[] = []
    const sources = async () => {
      wanted.push(...(await write(topic, 5)))
      found.push(...(await reader.read(5)))
      return reader.takeSources()
    }
    // The leader names it again.
    await expect.poll(sources, { timeout: 60_000 }).toEqual([near.id])
    expect(found).toEqual(wanted)
  })
})
