import { describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createFetcher, type Fetcher, type FetcherOptions } from '#server/kafka/fetcher.ts'
import { boundlessMemory } from '#server/kafka/record-memory.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type Reaction, type ScriptedBroker, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { encodeBatch } from '#server/protocol/record-batch.ts'

const at0 = { topic: 't', partition: 0 }
const { KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER, OFFSET_NOT_AVAILABLE, REPLICA_NOT_AVAILABLE, UNKNOWN_TOPIC_ID } =
  kafkaErrors

function batchAt(offset: number, value: string, leaderEpoch = -1): Buffer {
  const batch = encodeBatch([{ key: null, value: Buffer.from(value) }], { timestamp: 1 })
  batch.writeBigInt64BE(BigInt(offset), 0)
  batch.writeInt32BE(leaderEpoch, 12)
  return batch
}

/** What the broker answers for a partition asked for at an offset: records, an error code, or silence. */
type Log = (asked: { partition: number; offset: number; nth: number }) => Buffer | number | 'silence'

async function withFetcher(
  log: Log,
  run: (fetcher: Fetcher, broker: ScriptedBroker) => Promise<void>,
  options: Partial<FetcherOptions> = {},
) {
  let nth = 0
  await using broker = await startScriptedBroker({
    Fetch({ body }): Reaction<'Fetch'> {
      nth++
      let silent = false
      const responses = body.topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition, fetchOffset }) => {
          const found = log({ partition, offset: fetchOffset, nth })
          silent ||= found === 'silence'
          const records = Buffer.isBuffer(found) ? found : Buffer.alloc(0)
          const errorCode = typeof found === 'number' ? found : 0
          return { partitionIndex: partition, errorCode, highWatermark: 100, records }
        }),
      }))
      return silent ? 'silence' : { responses }
    },
    ListOffsets: ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          offset: timestamp === -2 ? 10 : timestamp === -1 ? 20 : timestampOffset(timestamp),
        })),
      })),
    }),
  })
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
  })
  await using fetcher = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'earliest', ...options })
  await run(fetcher, broker)
}

/** As if records were written until an hour ago, one every minute. */
function timestampOffset(timestamp: number): number {
  const minutesAgo = (Date.now() - timestamp) / 60_000
  return minutesAgo < 60 ? -1 : 20 - Math.ceil(minutesAgo - 60)
}

const signal = new AbortController().signal
const values = (fetched: Awaited<ReturnType<Fetcher['poll']>>) =>
  fetched.flatMap(({ batches }) => batches.map((batch) => `${batch.index().value(0)}`))
const asked = (broker: ScriptedBroker) =>
  broker.requests.flatMap((request) =>
    request.api === 'Fetch' ? request.body.topics.flatMap((t) => t.partitions.map((p) => p.fetchOffset)) : [],
  )

test.each([
  ['earliest', 10],
  ['latest', 20],
] as const)('starts at the %s offset, asked of the broker', (offset, expected) =>
  withFetcher(
    (it) => batchAt(it.offset, 'v'),
    async (fetcher) => {
      fetcher.assign([{ ...at0, offset }])
      const [fetched] = await fetcher.poll(signal, 10_000)
      expect(fetched).toMatchObject({ startOffset: expected, nextOffset: expected + 1, highWatermark: 100 })
      expect(fetcher.position(at0)).toBe(expected + 1)
      expect(fetcher.highWatermark(at0)).toBe(100)
    },
  ),
)

test.each([
  ['the first record of that time, where there is one', 62.5 * 60_000, 17],
  ['what comes from now on, where nothing is as new', 30 * 60_000, 20],
])('KIP-1106: the last while begins with %s', (_, lastMs, expected) =>
  withFetcher(
    (it) => batchAt(it.offset, 'v'),
    async (fetcher) => {
      fetcher.assign([{ ...at0, offset: { lastMs } }])
      const [fetched] = await fetcher.poll(signal, 10_000)
      expect(fetched?.startOffset).toBe(expected)
    },
  ),
)

test('asks on where the last batch ended, and not beyond what was not taken', () =>
  withFetcher(
    ({ offset }) => batchAt(offset, `${offset}`),
    async (fetcher, broker) => {
      fetcher.assign([{ ...at0, offset: 5 }])
      expect(values(await fetcher.poll(signal, 10_000))).toEqual(['5'])
      // I12: one answer is being worked on, one waits; nothing more is asked for.
      await expect.poll(() => asked(broker)).toEqual([5, 6])
      expect(values(await fetcher.poll(signal, 10_000))).toEqual(['6'])
      expect(asked(broker).slice(0, 2)).toEqual([5, 6])
    },
  ))

describe('a batch that is not what was written', () => {
  function damaged(offset: number, value = 'value'): Buffer {
    const batch = batchAt(offset, value)
    const at = batch.length - 2 // in the value
    batch[at] = (batch[at] ?? 0) ^ 1
    return batch
  }
  const checksums = /Record is corrupt \(stored crc = \d+, computed crc = \d+\)$/

  test('I14: is asked for again, and handed over when it comes whole', () =>
    withFetcher(
      ({ offset, nth }) => (nth <= 3 ? damaged(offset, `${offset}`) : batchAt(offset, `${offset}`)),
      async (fetcher, broker) => {
        fetcher.assign([{ ...at0, offset: 3 }])
        expect(values(await fetcher.poll(signal, 10_000))).toEqual(['3'])
        expect(asked(broker).slice(0, 4)).toEqual([3, 3, 3, 3])
      },
    ))

  test('I14, I10: is an error with partition, offset and checksums when it never comes whole, and none to try again', () =>
    withFetcher(
      () => damaged(3),
      async (fetcher, broker) => {
        fetcher.assign([{ ...at0, offset: 3 }])
        const error = await fetcher.poll(signal, 10_000).catch((failure: unknown) => failure)
        expect(error).toMatchObject({
          errorName: 'CORRUPT_MESSAGE',
          retriable: false,
          message: expect.stringContaining(
            'Received exception when fetching the next record from t-0. If needed, please',
          ),
          cause: { message: expect.stringMatching(checksums) },
        })
        expect(error).toMatchObject({
          cause: { message: expect.stringContaining('Record batch for partition t-0 at offset 3 is invalid') },
        })
        expect(asked(broker)).toEqual([3, 3, 3, 3])
      },
    ))

  test('I1: what stands before it is handed over first', () =>
    withFetcher(
      ({ offset }) => Buffer.concat(offset < 5 ? [batchAt(3, 'a'), batchAt(4, 'b'), damaged(5)] : [damaged(5)]),
      async (fetcher) => {
        fetcher.assign([{ ...at0, offset: 3 }])
        const [fetched] = await fetcher.poll(signal, 10_000)
        expect(fetched?.batches.map((batch) => `${batch.index().value(0)}`)).toEqual(['a', 'b'])
        expect(fetched?.nextOffset).toBe(5)
        await expect(fetcher.poll(signal, 10_000)).rejects.toMatchObject({
          cause: { message: expect.stringContaining('t-0 at offset 5') },
        })
        expect(fetcher.position(at0)).toBe(5)
      },
    ))

  test('reading goes on where somebody seeks', () =>
    withFetcher(
      ({ offset }) => (offset === 3 ? damaged(3) : batchAt(offset, `${offset}`)),
      async (fetcher) => {
        fetcher.assign([{ ...at0, offset: 3 }])
        await expect(fetcher.poll(signal, 10_000)).rejects.toMatchObject({ errorName: 'CORRUPT_MESSAGE' })
        fetcher.seek(at0, 4)
        expect(values(await fetcher.poll(signal, 10_000))).toEqual(['4'])
      },
    ))

  test('is taken for what was written where nobody wants checksums to be checked', () =>
    withFetcher(
      ({ offset }) => damaged(offset),
      async (fetcher) => {
        fetcher.assign([{ ...at0, offset: 3 }])
        expect(values(await fetcher.poll(signal, 10_000))).toEqual(['valud'])
      },
      { checkCrcs: false },
    ))

  test('I14: is an error with its place also without checksums, where its records do not add up', () =>
    withFetcher(
      () => {
        const batch = batchAt(3, 'value')
        batch[61] = 0x7f // the length of its record
        return batch
      },
      async (fetcher) => {
        fetcher.assign([{ ...at0, offset: 3 }])
        await expect(fetcher.poll(signal, 10_000)).rejects.toMatchObject({
          errorName: 'CORRUPT_MESSAGE',
          cause: {
            message: expect.stringMatching(/^Record batch for partition t-0 at offset 3 is invalid, .*record of/),
          },
        })
      },
      { checkCrcs: false },
    ))

  test.each([
    ['of another format', 16, 1, 'record batch with magic 1'],
    ['shorter than its own header', 11, 7, 'record batch of 7 bytes'],
  ])('is an error in the same way when it is %s', (_, at, byte, why) =>
    withFetcher(
      () => {
        const batch = batchAt(3, 'value')
        batch[at] = byte
        return batch
      },
      async (fetcher) => {
        fetcher.assign([{ ...at0, offset: 3 }])
        await expect(fetcher.poll(signal, 10_000)).rejects.toMatchObject({
          errorName: 'CORRUPT_MESSAGE',
          cause: { message: expect.stringContaining(why) },
        })
      },
    ),
  )

  test('I14: is an error, not a wait without end, when the broker itself finds it', () =>
    withFetcher(
      () => kafkaErrors.CORRUPT_MESSAGE.code,
      async (fetcher, broker) => {
        fetcher.assign([{ ...at0, offset: 3 }])
        await expect(fetcher.poll(signal, 10_000)).rejects.toMatchObject({
          errorName: 'CORRUPT_MESSAGE',
          retriable: false,
          cause: { message: 'Encountered corrupt message when fetching offset 3 for topic-partition t-0' },
        })
        expect(asked(broker)).toEqual([3, 3, 3, 3])
      },
    ))
})

test.each([
  ['the leader moved', NOT_LEADER_OR_FOLLOWER.code],
  ['the topic was created again', UNKNOWN_TOPIC_ID.code],
  ['the broker cannot read its disk', KAFKA_STORAGE_ERROR.code],
  ['the broker is no replica yet', REPLICA_NOT_AVAILABLE.code],
  ['a new leader does not know yet what was committed', OFFSET_NOT_AVAILABLE.code],
])('asks for metadata and goes on when %s', (_, code) =>
  withFetcher(
    ({ offset, nth }) => (nth === 1 ? code : batchAt(offset, 'v')),
    async (fetcher, broker) => {
      fetcher.assign([{ ...at0, offset: 0 }])
      expect(values(await fetcher.poll(signal, 10_000))).toEqual(['v'])
      expect(broker.requests.filter(({ api }) => api === 'Metadata').length).toBeGreaterThan(1)
    },
  ),
)

test('I10: a broker that fails once for reasons of its own is asked again', () =>
  withFetcher(
    ({ offset, nth }) => (nth === 1 ? kafkaErrors.UNKNOWN_SERVER_ERROR.code : batchAt(offset, 'v')),
    async (fetcher) => {
      fetcher.assign([{ ...at0, offset: 0 }])
      expect(values(await fetcher.poll(signal, 10_000))).toEqual(['v'])
    },
  ))

test('an answer to a question from before a seek is dropped', () => {
  let answerFirst: () => void = () => undefined
  return withFetcher(
    ({ offset }) => {
      answerFirst()
      return batchAt(offset, `${offset}`)
    },
    async (fetcher) => {
      answerFirst = () => {
        answerFirst = () => undefined
        fetcher.seek(at0, 50)
      }
      fetcher.assign([{ ...at0, offset: 0 }])
      expect(values(await fetcher.poll(signal, 10_000))).toEqual(['50'])
    },
  )
})

test('a poll ends with its signal and with its time, with nothing', () =>
  withFetcher(
    () => 'silence',
    async (fetcher) => {
      fetcher.assign([{ ...at0, offset: 0 }])
      expect(await fetcher.poll(signal, 20)).toEqual([])
      const stop = new AbortController()
      const polled = fetcher.poll(stop.signal, 1_000_000)
      stop.abort()
      expect(await polled).toEqual([])
    },
  ))

test('nothing of a partition that was given up is handed over', () =>
  withFetcher(
    ({ partition, offset }) => batchAt(offset, `p${partition}`),
    async (fetcher, broker) => {
      fetcher.assign([0, 1].map((partition) => ({ topic: 't', partition, offset: 0 })))
      await expect.poll(() => asked(broker).length).toBe(2)
      fetcher.unassign([at0])
      expect(values(await fetcher.poll(signal, 10_000))).toEqual(['p1'])
    },
  ))

test('a partition without a leader holds up neither its neighbours nor their metadata', async () => {
  await using broker = await startScriptedBroker({
    Metadata: ({ body }) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
      controllerId: 1,
      topics: (body.topics ?? []).map(({ name }) => ({
        name,
        topicId: Buffer.alloc(16, 1).toString('base64url'),
        partitions: [
          { partitionIndex: 0, leaderId: -1 },
          { partitionIndex: 1, leaderId: 1 },
        ],
      })),
    }),
    Fetch: ({ body }) => ({
      responses: body.topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition, fetchOffset }) => ({
          partitionIndex: partition,
          highWatermark: 100,
          records: batchAt(fetchOffset, `p${partition}`),
        })),
      })),
    }),
  })
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
  })
  await using fetcher = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'earliest' })
  fetcher.assign([0, 1].map((partition) => ({ topic: 't', partition, offset: 0 })))
  for (let i = 0; i < 3; i++) expect(values(await fetcher.poll(signal, 5_000))).toEqual(['p1'])
})

describe('with max.poll.records', () => {
  const many = (offset: number, partition: number) => {
    const records = Array.from({ length: 5 }, (_, i) => ({
      key: null,
      value: Buffer.from(`${partition}:${offset + i}`),
    }))
    const batch = encodeBatch(records, { timestamp: 1 })
    batch.writeBigInt64BE(BigInt(offset), 0)
    return batch
  }
  const log: Log = ({ partition, offset }) => many(offset, partition)
  const two = [0, 1].map((partition) => ({ topic: 't', partition, offset: 0 }))
  const within = (fetched: Awaited<ReturnType<Fetcher['poll']>>) =>
    fetched.flatMap(({ batches, startOffset, nextOffset }) =>
      batches.flatMap((batch) => {
        const index = batch.index()
        return Array.from({ length: index.count }, (_, i) => i)
          .filter((i) => index.offset(i) >= startOffset && index.offset(i) < nextOffset)
          .map((i) => `${index.value(i)}`)
      }),
    )

  test('a poll hands over no more, none is missed or repeated, and each partition has its turn', () =>
    withFetcher(
      log,
      async (fetcher) => {
        fetcher.assign(two)
        const seen: string[] = []
        for (let i = 0; i < 20; i++) {
          const values = within(await fetcher.poll(signal, 10_000))
          expect(values.length).toBeGreaterThan(0)
          expect(values.length).toBeLessThanOrEqual(3)
          seen.push(...values)
          for (const { partition } of two) {
            const position = fetcher.position({ topic: 't', partition })
            expect(position).toBe(seen.filter((value) => value.startsWith(`${partition}:`)).length)
          }
        }
        for (const { partition } of two) {
          const own = seen.filter((value) => value.startsWith(`${partition}:`))
          expect(own).toEqual(own.map((_, i) => `${partition}:${i}`))
          expect(own.length).toBeGreaterThan(15)
        }
      },
      { maxPollRecords: 3 },
    ))

  test('what is left of a batch is not handed over after a seek, nor while its partition is paused', () =>
    withFetcher(
      log,
      async (fetcher) => {
        fetcher.assign([{ ...at0, offset: 0 }])
        expect(within(await fetcher.poll(signal, 10_000))).toEqual(['0:0', '0:1', '0:2'])
        fetcher.pause([at0])
        expect(await fetcher.poll(signal, 20)).toEqual([])
        fetcher.resume([at0])
        expect(within(await fetcher.poll(signal, 10_000))).toEqual(['0:3', '0:4'])
        expect(within(await fetcher.poll(signal, 10_000))).toEqual(['0:5', '0:6', '0:7'])
        fetcher.seek(at0, 1)
        expect(within(await fetcher.poll(signal, 10_000))).toEqual(['0:1', '0:2', '0:3'])
      },
      { maxPollRecords: 3 },
    ))

  test('I12: memory is held for what is left of a batch until it is done with', async () => {
    let held = 0
    const memory = {
      ...boundlessMemory,
      hold(bytes: number) {
        held += bytes
      },
      release(bytes: number) {
        held -= bytes
      },
    }
    await withFetcher(
      ({ offset }) => (offset === 0 ? many(0, 0) : Buffer.alloc(0)),
      async (fetcher) => {
        fetcher.assign([{ ...at0, offset: 0 }])
        const bytes = many(0, 0).length
        await fetcher.poll(signal, 10_000)
        fetcher.done()
        expect(held).toBe(bytes)
        await fetcher.poll(signal, 10_000)
        expect(held).toBe(bytes)
        fetcher.done()
        expect(held).toBe(0)
      },
      { maxPollRecords: 3, memory },
    )
    expect(held).toBe(0)
  })
})

test('I12: beyond its bytes nothing is fetched, and a paused partition lets go of what it holds', () =>
  withFetcher(
    ({ partition, offset }) => batchAt(offset, `${partition}`.repeat(1000)),
    async (fetcher, broker) => {
      fetcher.assign([0, 1].map((partition) => ({ topic: 't', partition, offset: 0 })))
      await expect.poll(() => asked(broker).length).toBe(2)
      fetcher.pause([at0])
      const first = await fetcher.poll(signal, 10_000)
      expect(first.map(({ partition }) => partition)).toEqual([1])
      // Partition 0 is over the budget by itself; its neighbour goes on, and nothing of it is lost.
      const second = await fetcher.poll(signal, 10_000)
      expect(second.map(({ partition, startOffset }) => [partition, startOffset])).toEqual([[1, 1]])
      fetcher.resume([at0])
      const third = [...(await fetcher.poll(signal, 10_000)), ...(await fetcher.poll(signal, 10_000))]
      expect(third.find(({ partition }) => partition === 0)?.startOffset).toBe(0)
    },
    { maxBufferedBytes: 500 },
  ))

describe('when another leader takes over', () => {
  /** A leader of epoch 1 that has `endOffset` of what that of epoch 0 had, which led until offset 7 was read. */
  async function readOver(endOffset: number, resetPolicy: FetcherOptions['resetPolicy']) {
    let leaderEpoch = 0
    const { FENCED_LEADER_EPOCH } = kafkaErrors
    await using broker = await startScriptedBroker({
      Metadata: ({ body }) => ({
        brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
        controllerId: 1,
        topics: (body.topics ?? []).map(({ name }) => ({
          name,
          topicId: Buffer.alloc(16, 1).toString('base64url'),
          partitions: [{ partitionIndex: 0, leaderId: 1, leaderEpoch }],
        })),
      }),
      Fetch: ({ body }) => ({
        responses: body.topics.map(({ topicId, partitions }) => ({
          topicId,
          partitions: partitions.map(({ partition, fetchOffset, currentLeaderEpoch }) => {
            const led = leaderEpoch
            if (fetchOffset === 7) leaderEpoch = 1
            const errorCode = currentLeaderEpoch < led ? FENCED_LEADER_EPOCH.code : 0
            const records = errorCode === 0 ? batchAt(fetchOffset, `${fetchOffset} of ${led}`, led) : Buffer.alloc(0)
            return { partitionIndex: partition, errorCode, highWatermark: 100, records }
          }),
        })),
      }),
      OffsetForLeaderEpoch: ({ body }) => ({
        topics: body.topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition, leaderEpoch: asked }) => ({
            partition,
            leaderEpoch: asked,
            endOffset,
          })),
        })),
      }),
    })
    await using client = createKafkaClient({
      bootstrapServers: [`127.0.0.1:${broker.port}`],
      clientId: 'test',
      clock: systemClock,
      logger: quietLogger,
    })
    await using fetcher = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy })
    fetcher.assign([{ ...at0, offset: 6 }])
    const read: string[] = []
    while (read.length < 3) read.push(...values(await fetcher.poll(signal, 10_000)))
    return { read, position: fetcher.position(at0) }
  }

  test('reading goes on where it was, when the new leader has all that was read', async () => {
    expect(await readOver(8, 'none')).toEqual({ read: ['6 of 0', '7 of 0', '8 of 1'], position: 9 })
  })

  test('reading goes on at the end of what the new leader has, when it lost a tail', async () => {
    expect(await readOver(7, 'latest')).toEqual({ read: ['6 of 0', '7 of 0', '7 of 1'], position: 8 })
  })

  test('I14: a lost tail is an error without a policy, never a record in the place of another', async () => {
    await expect(readOver(7, 'none')).rejects.toMatchObject({
      errorName: 'OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining('truncated to offset 7'),
    })
  })
})

describe('KIP-392: in a rack', () => {
  type Reply = ReturnType<NonNullable<Parameters<typeof startScriptedBroker>[0]['Fetch']>>
  interface Asked {
    rack: string
    offset: number
    nth: number
  }
  type FetchedAnswer = { errorCode?: number; preferredReadReplica?: number; records?: Buffer } | 'hang up'

  /** Two brokers with both replicas of a partition: 1 leads, 2 follows. Each answers as a test says; `log` says who was asked for what. */
  async function withReplicas(
    leader: (asked: Asked) => FetchedAnswer,
    follower: (asked: Asked) => FetchedAnswer,
    run: (fetcher: Fetcher, log: readonly string[]) => Promise<void>,
    options: Partial<FetcherOptions> = {},
  ) {
    const log: string[] = []
    const ports: Record<number, number> = {}
    const start = (id: number, answer: (asked: Asked) => FetchedAnswer) => {
      let nth = 0
      return startScriptedBroker({
        Metadata: ({ body }) => ({
          brokers: [1, 2].map((nodeId) => ({ nodeId, host: '127.0.0.1', port: ports[nodeId] ?? 0 })),
          controllerId: 1,
          topics: (body.topics ?? []).map(({ name }) => ({
            name,
            topicId: Buffer.alloc(16, 1).toString('base64url'),
            partitions: [{ partitionIndex: 0, leaderId: 1, replicaNodes: [1, 2], isrNodes: [1, 2] }],
          })),
        }),
        Fetch({ body }): Reply {
          nth++
          const [topic] = body.topics
          // A session asks only for what changed.
          if (!topic) return { sessionId: 0, responses: [] }
          const fetchOffset = topic.partitions[0]?.fetchOffset ?? -1
          log.push(`${id}:${fetchOffset}`)
          const answered = answer({ rack: body.rackId, offset: fetchOffset, nth })
          if (answered === 'hang up') return answered
          const partition = { partitionIndex: 0, highWatermark: 100, records: Buffer.alloc(0), ...answered }
          return { responses: [{ topicId: topic.topicId, partitions: [partition] }] }
        },
      })
    }
    await using first = await start(1, leader)
    await using second = await start(2, follower)
    Object.assign(ports, { 1: first.port, 2: second.port })
    await using client = createKafkaClient({
      bootstrapServers: [`127.0.0.1:${first.port}`],
      clientId: 'test',
      clock: systemClock,
      logger: quietLogger,
    })
    await using fetcher = createFetcher(client, {
      ...{ isolation: 'read_uncommitted', resetPolicy: 'none', rack: 'near', ...options },
    })
    fetcher.assign([{ ...at0, offset: 0 }])
    await run(fetcher, log)
  }

  /** A leader that names the follower to whoever says where it is. */
  const names = ({ rack, offset }: Asked): FetchedAnswer =>
    rack === 'near' ? { preferredReadReplica: 2 } : { records: batchAt(offset, `leader ${offset}`) }
  const gives =
    (who: string) =>
    ({ offset }: Asked): FetchedAnswer => ({ records: batchAt(offset, `${who} ${offset}`) })
  async function read(fetcher: Fetcher, count: number) {
    const found: string[] = []
    while (found.length < count) found.push(...values(await fetcher.poll(signal, 10_000)))
    return found.slice(0, count)
  }

  test('records are read from the replica that the leader names', () =>
    withReplicas(names, gives('follower'), async (fetcher, log) => {
      expect(await read(fetcher, 3)).toEqual(['follower 0', 'follower 1', 'follower 2'])
      expect(log.slice(0, 4)).toEqual(['1:0', '2:0', '2:1', '2:2'])
    }))

  test('without a rack the leader is read', () =>
    withReplicas(
      names,
      gives('follower'),
      async (fetcher) => {
        expect(await read(fetcher, 2)).toEqual(['leader 0', 'leader 1'])
      },
      { rack: '' },
    ))

  test('an offset that the replica does not have is asked of the leader before anything is given up', () =>
    withReplicas(
      ({ offset, nth }) => (nth === 1 ? { preferredReadReplica: 2 } : { records: batchAt(offset, `leader ${offset}`) }),
      ({ offset }) =>
        offset < 1
          ? { records: batchAt(offset, `follower ${offset}`) }
          : { errorCode: kafkaErrors.OFFSET_OUT_OF_RANGE.code },
      async (fetcher) => {
        expect(await read(fetcher, 3)).toEqual(['follower 0', 'leader 1', 'leader 2'])
      },
    ))

  test.each([
    ['hangs up', 'hang up'],
    ['is no replica any more', { errorCode: NOT_LEADER_OR_FOLLOWER.code }],
    ['cannot read its disk', { errorCode: KAFKA_STORAGE_ERROR.code }],
  ] as const)('I10: reading goes on at the leader when the replica %s', (_, trouble) =>
    withReplicas(
      ({ offset, nth }) => (nth === 1 ? { preferredReadReplica: 2 } : { records: batchAt(offset, `leader ${offset}`) }),
      () => trouble,
      async (fetcher) => {
        expect(await read(fetcher, 2)).toEqual(['leader 0', 'leader 1'])
      },
    ),
  )

  test('the leader is asked again when what it said is old', () =>
    withReplicas(
      names,
      gives('follower'),
      async (fetcher, log) => {
        const found: string[] = []
        while (log.filter((one) => one.startsWith('1:')).length < 2) found.push(...(await read(fetcher, 1)))
        expect(found).toEqual(found.map((_, i) => `follower ${i}`))
      },
      { metadataMaxAgeMs: 20 },
    ))
})
