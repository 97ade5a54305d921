import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin, type TopicPartition } from '#server/kafka/admin.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createFetcher, type Fetcher } from '#server/kafka/fetcher.ts'
import { createGroupMember } from '#server/kafka/group-member.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startTestKafka, type TestKafka } from '#server/kafka/testdata/test-kafka.ts'
import { type Compression, compressionAttribute } from '#server/protocol/compression.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { encodeBatch } from '#server/protocol/record-batch.ts'

const bytes = (text: string) => Buffer.from(text)
const deadline = () => AbortSignal.timeout(60_000)

let kafka: TestKafka
let client: KafkaClient
const newClient = (bootstrap = kafka.bootstrapServers) =>
  createKafkaClient({ bootstrapServers: [bootstrap], clientId: 'test', clock: systemClock, logger: quietLogger })

beforeAll(async () => {
  kafka = await startTestKafka()
  client = newClient()
})
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await kafka[Symbol.asyncDispose]()
})

async function newTopic(partitions = 1, config: Record<string, string> = {}): Promise<string> {
  const name = `t-${randomUUID()}`
  await createAdmin(client).createTopics([{ name, partitions, replicationFactor: 1, config }])
  return name
}

const idempotent = { acks: -1, idempotent: true } as const

function valuesOf(fetched: readonly FetchedPartition[]): string[] {
  return fetched.flatMap(({ batches, startOffset }) =>
    batches.flatMap((batch) => {
      const index = batch.index()
      return Array.from({ length: index.count }, (_, i) => i)
        .filter((i) => index.offset(i) >= startOffset)
        .map((i) => index.value(i)?.toString() ?? 'null')
    }),
  )
}

async function readValues(fetcher: Fetcher, count: number): Promise<string[]> {
  const signal = deadline()
  const values: string[] = []
  while (values.length < count) {
    signal.throwIfAborted()
    values.push(...valuesOf(await fetcher.poll(signal, 1000)))
  }
  return values
}

async function readTopic(topic: string, count: number, from: Partial<TopicPartition> = {}): Promise<string[]> {
  await using fetcher = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'earliest' })
  fetcher.assign([{ topic, partition: 0, ...from, offset: 'earliest' }])
  return await readValues(fetcher, count)
}

test('names the cluster and creates a topic once', async () => {
  expect(await client.clusterId()).not.toBe('')
  const admin = createAdmin(client)
  const topic = {
    name: `t-${randomUUID()}`,
    partitions: 3,
    replicationFactor: 1,
    config: { 'cleanup.policy': 'compact' },
  }
  expect(await admin.createTopics([topic])).toEqual([topic.name])
  expect(await admin.createTopics([topic])).toEqual([])
  expect(await client.partitionCount(topic.name)).toBe(3)
  const policy = async () => (await admin.topicConfig(topic.name)).find(({ name }) => name === 'cleanup.policy')
  expect(await policy()).toEqual({ name: 'cleanup.policy', value: 'compact', isDefault: false })
  await admin.alterTopicConfig(topic.name, { 'retention.ms': '1234' })
  expect((await policy())?.value).toBe('compact')
  await admin.deleteTopics([topic.name])
  // Brokers hear of it one after the other.
  await expect.poll(() => admin.describeTopics([topic.name])).toEqual([])
})

test('what cannot be reached is an error that names bootstrap.servers', async () => {
  await using lost = newClient('127.0.0.1:1')
  await expect(lost.clusterId()).rejects.toThrow(/bootstrap\.servers \(127\.0\.0\.1:1\)/)
})

describe('producer and fetcher', () => {
  test.each(Object.keys(compressionAttribute) as Compression[])(
    'carry keys, nulls and headers with %s',
    async (codec) => {
      const topic = await newTopic()
      await using producer = createProducer(client, { ...idempotent, compression: codec })
      const headers = [
        { name: 'h', value: null },
        { name: 'h', value: bytes('2') },
      ]
      const records = [
        { key: bytes('k'), value: bytes('v'.repeat(500)), headers, timestamp: 1_700_000_000_000, partition: 0 },
        { key: null, value: null, timestamp: 0, partition: 0 },
      ]
      expect((await producer.produce(topic, records)).map(({ baseOffset }) => baseOffset)).toEqual([0, 1])
      await using fetcher = createFetcher(client, { isolation: 'read_committed', resetPolicy: 'none' })
      fetcher.assign([{ topic, partition: 0, offset: 0 }])
      const [fetched] = await fetcher.poll(deadline(), 30_000)
      const [batch] = fetched?.batches ?? []
      const index = batch?.index()
      expect(batch?.compression).toBe(codec)
      expect([index?.key(0), index?.value(0), index?.headers(0)]).toEqual([bytes('k'), records[0]?.value, headers])
      expect([index?.key(1), index?.value(1), index?.headers(1)]).toEqual([null, null, []])
      expect([...(index?.timestamp ?? [])]).toEqual([1_700_000_000_000, 0])
      expect(fetched).toMatchObject({ nextOffset: 2, highWatermark: 2, startOffset: 0 })
      expect(fetcher.position({ topic, partition: 0 })).toBe(2)
    },
  )

  test('batches of one partition keep their order with five under way', async () => {
    const topic = await newTopic()
    await using producer = createProducer(client, idempotent)
    await producer.ready(topic)
    const acks = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const batch = producer.newBatch()
        batch.append(i, null, bytes(`${i}`))
        return producer.send(topic, 0, batch)
      }),
    )
    expect(acks.map(({ baseOffset }) => baseOffset)).toEqual(acks.map((_, i) => i))
    expect(await readTopic(topic, 50)).toEqual(acks.map((_, i) => `${i}`))
  })

  test('a batch that the broker refuses fails alone, and those behind it arrive', async () => {
    const topic = await newTopic(1, { 'max.message.bytes': '2000' })
    await using producer = createProducer(client, idempotent)
    await producer.ready(topic)
    const sent = [10, 5000, 20, 30].map((size) => {
      const batch = producer.newBatch()
      batch.append(1, null, Buffer.alloc(size, 'x'))
      return producer.send(topic, 0, batch)
    })
    const outcomes = await Promise.allSettled(sent)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { errorName: 'MESSAGE_TOO_LARGE' } })
    expect((await readTopic(topic, 3)).map((value) => value.length)).toEqual([10, 20, 30])
  })

  test('writes on to a topic that was deleted and created again', async () => {
    const topic = await newTopic()
    const admin = createAdmin(client)
    await using producer = createProducer(client, idempotent)
    await producer.produce(topic, [{ key: null, value: bytes('before'), partition: 0 }])
    await using other = newClient()
    await createAdmin(other).deleteTopics([topic])
    await expect.poll(() => admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }])).toEqual([topic])
    await producer.produce(topic, [{ key: null, value: bytes('after'), partition: 0 }])
    expect(await readTopic(topic, 1)).toEqual(['after'])
  })

  test('a busy partition is not held up by the long polls of quiet ones', async () => {
    const topic = await newTopic(3)
    await using producer = createProducer(client, idempotent)
    await using fetcher = createFetcher(client, {
      isolation: 'read_uncommitted',
      resetPolicy: 'earliest',
      maxWaitMs: 100_000,
      partitionMaxBytes: 1000,
    })
    for (let i = 0; i < 20; i++) await producer.produce(topic, [{ key: null, value: Buffer.alloc(900), partition: 1 }])
    fetcher.assign([0, 1, 2].map((partition) => ({ topic, partition, offset: 'earliest' as const })))
    // Twenty fetches: one that waited for a quiet partition would outlast the deadline by itself.
    expect(await readValues(fetcher, 20)).toHaveLength(20)
  })

  test('an offset outside the log resets as told, or is an error', async () => {
    const topic = await newTopic()
    await using producer = createProducer(client, idempotent)
    await producer.produce(topic, [{ key: null, value: bytes('only'), partition: 0 }])
    await using lenient = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'earliest' })
    lenient.assign([{ topic, partition: 0, offset: 99 }])
    expect(await readValues(lenient, 1)).toEqual(['only'])
    await using strict = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'none' })
    strict.assign([{ topic, partition: 0, offset: 99 }])
    await expect(strict.poll(deadline(), 30_000)).rejects.toMatchObject({ errorName: 'OFFSET_OUT_OF_RANGE' })
  })

  test('records below the position are marked as not wanted, pause holds and seek goes back', async () => {
    const topic = await newTopic()
    await using producer = createProducer(client, idempotent)
    const records = ['a', 'b', 'c'].map((text) => ({ key: null, value: bytes(text), partition: 0 }))
    await producer.produce(topic, records)
    await using fetcher = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'none' })
    fetcher.assign([{ topic, partition: 0, offset: 1 }])
    expect(await readValues(fetcher, 2)).toEqual(['b', 'c'])
    fetcher.pause([{ topic, partition: 0 }])
    fetcher.seek({ topic, partition: 0 }, 2)
    expect(await fetcher.poll(deadline(), 300)).toEqual([])
    fetcher.resume([{ topic, partition: 0 }])
    expect(await readValues(fetcher, 1)).toEqual(['c'])
  })
})

/** A way to the broker that can be cut while requests are under way. */
async function startCuttableProxy(): Promise<{ port: number; accepted(): number; cut(): void } & AsyncDisposable> {
  const [host = '', port = ''] = kafka.bootstrapServers.split(':')
  const sockets = new Set<Socket>()
  let accepted = 0
  const server = createServer((near) => {
    accepted++
    const far = connect(Number(port), host)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    accepted: () => accepted,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('lost connections cost neither a record, nor the order, nor bring one twice', async () => {
  const topic = await newTopic()
  await using proxy = await startCuttableProxy()
  await using behindProxy = newClient()
  // Metadata names the broker itself, so the proxy is put where its address is looked up.
  const real = behindProxy.connection
  const proxied = newClient(`127.0.0.1:${proxy.port}`)
  await using _proxied = proxied
  behindProxy.connection = (to, dedicated) =>
    typeof to === 'object' && 'leaderOf' in to
      ? real(to, dedicated).then(() => proxied.connection('any'))
      : real(to, dedicated)
  await using producer = createProducer(behindProxy, idempotent)
  await producer.ready(topic)
  const total = 400
  const sent: Promise<unknown>[] = []
  for (let i = 0; i < total; i++) {
    const batch = producer.newBatch()
    batch.append(1, null, bytes(`${i}`))
    sent.push(producer.send(topic, 0, batch))
    if (i % 40 === 39) {
      await sent[i - 20]
      proxy.cut()
    }
  }
  await Promise.all(sent)
  expect(proxy.accepted()).toBeGreaterThan(5)
  expect(await readTopic(topic, total)).toEqual(Array.from({ length: total }, (_, i) => `${i}`))
})

test('I4: a key keeps its partition while the leaders of its topic are asked for again', async () => {
  const topic = await newTopic(7)
  await using own = newClient()
  await using producer = createProducer(own, idempotent)
  await producer.ready(topic)
  const keys = Array.from({ length: 20 }, (_, n) => bytes(`key ${n}`))
  const places = () => keys.map((key) => producer.partitionFor(topic, key))
  const before = places()
  expect(new Set(before).size).toBeGreaterThan(1)
  own.invalidate({ topic })
  expect(places()).toEqual(before)
})

test('hides aborted records and shows committed ones, also when reading starts inside', async (context) => {
  const offered = (await client.connection('any')).version('EndTxn')
  if (offered === undefined) return context.skip('this broker has no transactions')
  const topic = await newTopic()
  const transactionalId = `x-${randomUUID()}`
  const to = { coordinator: 'transaction', key: transactionalId } as const
  await client.topic(topic)
  const { producerId, producerEpoch } = await initTransactions(transactionalId)
  let sequence = 0
  const transaction = async (values: string[], committed: boolean) => {
    const add = () =>
      client.call(
        'AddPartitionsToTxn',
        {
          v3AndBelowTransactionalId: transactionalId,
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch,
          v3AndBelowTopics: [{ name: topic, partitions: [0] }],
        },
        to,
        { maxVersion: 3 },
      )
    // The last transaction may still be ending, although its marker is written.
    const added = async () => (await add()).resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode
    await expect.poll(added, { timeout: 20_000 }).toBe(0)
    const records = encodeBatch(
      values.map((value) => ({ key: Buffer.alloc(4), value: bytes(value) })),
      { timestamp: 1, producer: { producerId, epoch: producerEpoch, sequence, transactional: true } },
    )
    sequence += values.length
    const produce = () =>
      client.call(
        'Produce',
        {
          transactionalId,
          acks: -1,
          timeoutMs: 9000,
          topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
        },
        { leaderOf: { topic, partition: 0 } },
        { maxVersion: 11 },
      )
    // The leader of a new topic may not know yet that it leads.
    const written = async () => (await produce()).responses[0]?.partitionResponses[0]?.errorCode
    await expect.poll(written, { timeout: 20_000 }).toBe(0)
    const end = () =>
      client.call('EndTxn', { transactionalId, producerId, producerEpoch, committed }, to, { maxVersion: 4 })
    await expect.poll(async () => (await end()).errorCode, { timeout: 20_000 }).toBe(0)
    const ended = async () => {
      const [newest] = await createAdmin(client).listOffsets([{ topic, partition: 0 }], 'latest')
      const [found] = await createAdmin(client).listOffsets([{ topic, partition: 0 }], 'latest', 'read_committed')
      return found?.offset === newest?.offset && (newest?.offset ?? 0) > 0
    }
    await expect.poll(ended, { timeout: 20_000 }).toBe(true)
  }
  await transaction(['aborted 1', 'aborted 2'], false)
  await transaction(['committed 1', 'committed 2'], true)
  await transaction(['aborted 3'], false)
  await transaction(['committed 3'], true)
  const expected = ['committed 1', 'committed 2', 'committed 3']
  for (const [offset, count] of [
    [0, 3],
    [1, 3],
    [4, 2],
    [6, 1],
  ] as const) {
    await using fetcher = createFetcher(client, {
      isolation: 'read_committed',
      resetPolicy: 'none',
      partitionMaxBytes: 100,
    })
    fetcher.assign([{ topic, partition: 0, offset }])
    expect(await readValues(fetcher, count)).toEqual(expected.slice(-count))
  }
})

async function initTransactions(transactionalId: string) {
  const to = { coordinator: 'transaction', key: transactionalId } as const
  let answer: { errorCode: number; producerId: number; producerEpoch: number } | undefined
  await expect
    .poll(
      async () => {
        answer = await client
          .call('InitProducerId', { transactionalId, transactionTimeoutMs: 60_000 }, to)
          .catch((error) => {
            if (error instanceof KafkaError && error.retriable) return undefined
            throw error
          })
        return answer?.errorCode
      },
      { timeout: 30_000 },
    )
    .toBe(0)
  if (!answer) throw new Error('unreachable')
  return answer
}

describe('groups', () => {
  test('two members of a group of any type settle on what their leader gives them', async () => {
    const groupId = `g-${randomUUID()}`
    const member = (name: string, onRebalanceNeeded: () => void) =>
      createGroupMember(client, {
        groupId,
        protocolType: 'connect',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 20_000,
        heartbeatIntervalMs: 100,
        protocols: () => [{ name: 'sessioned', metadata: bytes(name) }],
        assign: async ({ members }) =>
          new Map(members.map(({ memberId, metadata }) => [memberId, bytes(`for ${metadata}`)])),
        onRebalanceNeeded,
        onLost: () => undefined,
      })
    let told: () => void = () => undefined
    const rebalance = new Promise<void>((resolve) => {
      told = resolve
    })
    await using first = member('one', told)
    await using second = member('two', () => undefined)
    const alone = await first.join(deadline())
    expect([alone.isLeader, `${alone.assignment}`]).toEqual([true, 'for one'])
    const joining = second.join(deadline())
    await rebalance
    const [again, joined] = await Promise.all([first.join(deadline()), joining])
    expect([`${again.assignment}`, `${joined.assignment}`]).toEqual(['for one', 'for two'])
    expect(joined.generation).toBe(again.generation)
    await second.leave('done')
    await first.leave('done')
    expect(await createAdmin(client).describeGroup(groupId)).toMatchObject({ state: 'Empty', protocolType: 'connect' })
  })

  test('a sink consumer hands partitions over, goes on at the commit and is fenced when it is late', async () => {
    const topic = await newTopic(2)
    const groupId = `g-${randomUUID()}`
    await using producer = createProducer(client, idempotent)
    for (const partition of [0, 1]) {
      await producer.produce(
        topic,
        ['a', 'b'].map((text) => ({ key: null, value: bytes(`${text}${partition}`), partition })),
      )
    }
    const events: string[] = []
    const consumer = (name: string) =>
      createSinkConsumer(client, {
        groupId,
        subscribe: { topics: [topic] },
        isolation: 'read_uncommitted',
        heartbeatIntervalMs: 100,
        sessionTimeoutMs: 10_000,
        maxWaitMs: 100,
        hooks: {
          assigned: async (partitions) => void events.push(`${name}+${partitions.map((p) => p.partition)}`),
          revoked: async (partitions) => void events.push(`${name}-${partitions.map((p) => p.partition)}`),
          lost: async (partitions) => void events.push(`${name}!${partitions.map((p) => p.partition)}`),
        },
      })
    await using first = consumer('one')
    const seen: string[] = []
    while (seen.length < 4) seen.push(...valuesOf(await first.poll(deadline(), 1000)))
    expect(seen.toSorted()).toEqual(['a0', 'a1', 'b0', 'b1'])
    await first.commit([0, 1].map((partition) => ({ topic, partition, offset: 1 })))

    const second = consumer('two')
    const seenBySecond: string[] = []
    const stop = new AbortController()
    const background = (async () => {
      while (!stop.signal.aborted) await first.poll(stop.signal, 200)
    })()
    while (seenBySecond.length < 1) seenBySecond.push(...valuesOf(await second.poll(deadline(), 1000)))
    stop.abort()
    await background
    expect(seenBySecond[0]).toMatch(/^b/)
    expect(events.slice(0, 2)).toEqual(['one+0,1', 'one-0,1'])
    expect(first.assignment()).toHaveLength(1)
    expect(second.assignment()).toHaveLength(1)

    const [mine] = first.assignment()
    await second[Symbol.asyncDispose]()
    await expect
      .poll(
        async () => {
          await first.poll(deadline(), 200)
          return first.assignment().length
        },
        { timeout: 30_000 },
      )
      .toBe(2)
    expect(mine).toBeDefined()
  })

  test('a commit of an expelled member is refused', async () => {
    const topic = await newTopic()
    const groupId = `g-${randomUUID()}`
    await using consumer = createSinkConsumer(client, {
      groupId,
      subscribe: { topics: [topic] },
      isolation: 'read_uncommitted',
      maxWaitMs: 50,
      hooks: { assigned: async () => undefined, revoked: async () => undefined, lost: async () => undefined },
    })
    await consumer.poll(deadline(), 50)
    const { members } = await createAdmin(client).describeGroup(groupId)
    const leaving = members.map(({ memberId }) => ({ memberId, groupInstanceId: null }))
    await client.call('LeaveGroup', { groupId, members: leaving }, { coordinator: 'group', key: groupId })
    await expect(consumer.commit([{ topic, partition: 0, offset: 5 }])).rejects.toMatchObject({
      errorName: 'UNKNOWN_MEMBER_ID',
    })
    expect(await createAdmin(client).groupOffsets(groupId)).toEqual([])
  })
})

test('offsets of a group without members are set, read and deleted', async () => {
  const topic = await newTopic(2)
  const groupId = `g-${randomUUID()}`
  const admin = createAdmin(client)
  const offsets = [
    { topic, partition: 0, offset: 7 },
    { topic, partition: 1, offset: 9 },
  ]
  await admin.alterGroupOffsets(groupId, offsets)
  expect(await admin.groupOffsets(groupId)).toEqual(offsets)
  await admin.deleteGroupOffsets(groupId, [{ topic, partition: 1 }])
  expect(await admin.groupOffsets(groupId)).toEqual([offsets[0]])
  await admin.deleteGroup(groupId)
  await admin.deleteGroup(groupId)
  expect(await admin.groupOffsets(groupId)).toEqual([])
})
