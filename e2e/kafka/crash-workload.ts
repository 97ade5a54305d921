import { expect } from 'vitest'
import { connectTo, type WireClient } from '#e2e/kafka/wire-client.ts'
import { visibleBatches } from '#server/kafka/committed-filter.ts'
import { type BatchProducer, encodeBatch, noProducer, readBatches } from '#server/protocol/record-batch.ts'

/**
 * Four writers that work at the same time until their broker dies, and a reader that knows nothing of it and checks what
 * is left. What a writer was told is written down when it was told, what it asked for before it asks.
 */
export interface CrashWorkload {
  /** Writes until the broker is gone; `onAcknowledged` is called with every acknowledgement. */
  run(address: string, onAcknowledged: () => void): Promise<void>
  /** Fails when anything acknowledged is missing, out of order or there without having been decided. */
  check(address: string): Promise<void>
}

const topics = { plain: 'plain', moved: 'moved', compacted: 'compacted' } as const
const transactionalId = 'mover'
const offsetsGroup = 'commits'
const transactionGroup = 'moves'
const keys = 6
/** So large that a handful of records rolls a segment of the smallest size, and there is something to compact. */
const largeValue = 'x'.repeat(60_000)

interface Written {
  offset: number
  key: string
  value: string
}

interface Outcome {
  values: string[]
  /** Undefined while nobody has said. */
  committed: boolean | undefined
  /** What was asked for last. */
  asked: 'nothing' | 'commit' | 'abort'
}

export function createCrashWorkload(random: () => number): CrashWorkload {
  const acknowledged = new Map<number, string>()
  const commits = { asked: -1, acknowledged: -1 }
  const transactions: Outcome[] = []
  const compacted = { asked: new Map<string, number>(), acknowledged: new Map<string, number>() }
  let values = 0

  async function write(
    client: WireClient,
    topic: string,
    lines: [string, string][],
    producer?: Partial<BatchProducer>,
  ) {
    const records = encodeBatch(
      lines.map(([key, value]) => ({ key: Buffer.from(key), value: Buffer.from(value) })),
      { timestamp: Date.now(), ...(producer && { producer: { ...noProducer, ...producer } }) },
    )
    const transactional = producer?.transactional ? { transactionalId } : {}
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
    const answer = await client.call('Produce', 12, { ...transactional, acks: -1, timeoutMs: 1000, topicData })
    const { errorCode, baseOffset } = answer.responses[0]?.partitionResponses[0] ?? { errorCode: -1, baseOffset: -1 }
    expect(errorCode).toBe(0)
    return baseOffset
  }

  async function producing(client: WireClient, done: () => void) {
    const { producerId, producerEpoch: epoch } = await client.call('InitProducerId', 4, { transactionalId: null })
    let sequence = 0
    const sender = async () => {
      for (;;) {
        const value = `p${values++}`
        const offset = await write(client, topics.plain, [['k', value]], { producerId, epoch, sequence: sequence++ })
        acknowledged.set(offset, value)
        done()
      }
    }
    await Promise.all(Array.from({ length: 5 }, sender))
  }

  async function committing(client: WireClient, done: () => void) {
    for (;;) {
      const committedOffset = ++commits.asked
      const answer = await client.call('OffsetCommit', 8, {
        groupId: offsetsGroup,
        generationIdOrMemberEpoch: -1,
        topics: [{ name: topics.plain, partitions: [{ partitionIndex: 0, committedOffset }] }],
      })
      expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
      commits.acknowledged = committedOffset
      done()
    }
  }

  async function moving(client: WireClient, done: () => void) {
    let producer = await identify(client)
    for (;;) {
      const outcome: Outcome = { values: [`t${values++}`, `t${values++}`], committed: undefined, asked: 'nothing' }
      const number = transactions.push(outcome)
      const named = { transactionalId, producerId: producer.producerId, producerEpoch: producer.epoch }
      for (const [sequence, value] of outcome.values.entries()) {
        await write(client, topics.moved, [['k', value]], { ...producer, sequence, transactional: true })
      }
      const offsets = await client.call('TxnOffsetCommit', 5, {
        ...named,
        groupId: transactionGroup,
        generationId: -1,
        topics: [{ name: topics.plain, partitions: [{ partitionIndex: 0, committedOffset: number }] }],
      })
      expect(offsets.topics[0]?.partitions[0]?.errorCode).toBe(0)
      const committed = random() < 0.7
      outcome.asked = committed ? 'commit' : 'abort'
      const ended = await client.call('EndTxn', 5, { ...named, committed })
      expect(ended.errorCode).toBe(0)
      outcome.committed = committed
      producer = { producerId: ended.producerId, epoch: ended.producerEpoch }
      done()
    }
  }

  async function superseding(client: WireClient, done: () => void) {
    for (;;) {
      const [key, number] = [`k${Math.floor(random() * keys)}`, values++]
      compacted.asked.set(key, number)
      await write(client, topics.compacted, [[key, `${number}:${largeValue}`]])
      compacted.acknowledged.set(key, number)
      done()
    }
  }

  async function checkOffsets(client: WireClient) {
    const offsetOf = async (groupId: string) => {
      const asked = [{ name: topics.plain, partitionIndexes: [0] }]
      const { topics: found } = await client.call('OffsetFetch', 7, { groupId, topics: asked, requireStable: true })
      const [partition] = found[0]?.partitions ?? []
      expect(partition?.errorCode).toBe(0)
      return partition?.committedOffset ?? -1
    }
    const committed = await offsetOf(offsetsGroup)
    expect(committed).toBeGreaterThanOrEqual(commits.acknowledged)
    expect(committed).toBeLessThanOrEqual(commits.asked)
    const last = transactions.findLastIndex((one) => one.committed === true)
    expect(await offsetOf(transactionGroup)).toBe(last === -1 ? -1 : last + 1)
  }

  /** Who was not told is told by what is there: all of it, which needs a commit that was asked for, or nothing. */
  function settle(visible: ReadonlySet<string>) {
    for (const one of transactions) {
      if (one.committed !== undefined) continue
      one.committed = visible.has(one.values[0] ?? '')
      if (one.committed) expect(one.asked).toBe('commit')
    }
  }

  return {
    async run(address, onAcknowledged) {
      const writers = [producing, committing, moving, superseding]
      const clients = await Promise.all(writers.map(() => connectTo(address)))
      await createTopics(clients[0])
      const ended = await Promise.allSettled(
        writers.map((writer, at) => writer(clients[at] as WireClient, onAcknowledged)),
      )
      for (const one of ended) {
        if (one.status === 'rejected') expect(String(one.reason)).toContain('the connection is closed')
      }
    },

    async check(address) {
      using client = await connectTo(address)
      // Ends what the last transaction left open.
      await identify(client)
      const plain = await readAll(client, topics.plain)
      expect(plain.map(({ offset }) => offset)).toEqual(plain.map((_, at) => at))
      const stored = new Map(plain.map(({ offset, value }) => [offset, value]))
      for (const [offset, value] of acknowledged) expect(stored.get(offset)).toBe(value)
      expect(new Set(stored.values()).size).toBe(stored.size)

      const moved = (await readAll(client, topics.moved)).map(({ value }) => value)
      settle(new Set(moved))
      expect(moved).toEqual(transactions.filter(({ committed }) => committed).flatMap(({ values: all }) => all))
      await checkOffsets(client)

      const newest = new Map(
        (await readAll(client, topics.compacted)).map(({ key, value }) => [key, parseInt(value, 10)]),
      )
      for (const [key, number] of compacted.acknowledged) {
        expect(newest.get(key)).toBeGreaterThanOrEqual(number)
        expect(newest.get(key)).toBeLessThanOrEqual(compacted.asked.get(key) ?? -1)
      }
    },
  }
}

async function createTopics(client: WireClient | undefined) {
  const small = { 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0', 'cleanup.policy': 'compact' }
  const configs = Object.entries(small).map(([name, value]) => ({ name, value }))
  await client?.call('CreateTopics', 7, {
    topics: Object.values(topics).map((name) => ({
      ...{ name, numPartitions: 1, replicationFactor: 1 },
      configs: name === topics.compacted ? configs : [],
    })),
  })
}

async function identify(client: WireClient) {
  const answer = await client.call('InitProducerId', 4, { transactionalId, transactionTimeoutMs: 60_000 })
  expect(answer.errorCode).toBe(0)
  return { producerId: answer.producerId, epoch: answer.producerEpoch }
}

/** Every committed record of the topic's one partition. */
async function readAll(client: WireClient, topic: string): Promise<Written[]> {
  const found: Written[] = []
  for (let at = 0; ; ) {
    const { responses } = await client.call('Fetch', 11, {
      ...{ maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 26, isolationLevel: 1 },
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: at, partitionMaxBytes: 1 << 20 }] }],
    })
    const partition = responses[0]?.partitions[0]
    expect(partition?.errorCode).toBe(0)
    expect(partition?.lastStableOffset).toBe(partition?.highWatermark)
    const batches = [...readBatches(partition?.records ?? Buffer.alloc(0), { verifyCrc: true })]
    for (const batch of visibleBatches(batches, partition?.abortedTransactions ?? [])) {
      const index = batch.index()
      for (let record = 0; record < index.count; record++) {
        if (index.offset(record) < at) continue
        found.push({ offset: index.offset(record), key: `${index.key(record)}`, value: `${index.value(record)}` })
      }
    }
    const last = batches.at(-1)
    if (!last) return found
    at = last.lastOffset + 1
  }
}
