import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProducer } from '#server/kafka/producer.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import { kafkaErrorName } from '#server/protocol/kafka-errors.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const partition = (index: number, fetchOffset = 0) => ({ partition: index, fetchOffset, partitionMaxBytes: 1000 })

const all = [partition(0), partition(1), partition(2)]

/** Asks the leader of a new topic of three partitions. */
async function fetchingFrom() {
  const topic = await kafka.newTopic(3)
  const { id: topicId } = await kafka.client.topic(topic)
  const connection = await kafka.client.connection({ leaderOf: { topic, partition: 0 } })
  let failed = 0
  async function fetch(
    { sessionId = 0, sessionEpoch = 0, forget = [] }: { sessionId?: number; sessionEpoch?: number; forget?: number[] },
    partitions: ReturnType<typeof partition>[],
    by: 'name' | 'id' = 'id',
  ) {
    const address = by === 'id' ? { topicId } : { topic }
    const answer = await connection.call(
      'Fetch',
      {
        ...{ maxWaitMs: 0, minBytes: 1, maxBytes: 100_000, sessionId, sessionEpoch },
        topics: partitions.length === 0 ? [] : [{ ...address, partitions }],
        forgottenTopicsData: forget.length === 0 ? [] : [{ ...address, partitions: forget }],
      },
      { maxVersion: by === 'id' ? 13 : 12 },
    )
    const answered = answer.responses.flatMap((one) => one.partitions)
    failed = answered.filter(({ errorCode }) => errorCode !== 0).length
    return {
      error: kafkaErrorName(answer.errorCode),
      sessionId: answer.sessionId,
      partitions: answered.map(({ partitionIndex }) => partitionIndex),
      records: answered.flatMap(({ partitionIndex, records }) => (records?.length ? [partitionIndex] : [])),
    }
  }
  async function write(to: number) {
    await using producer = createProducer(kafka.client, { acks: -1, idempotent: true })
    await producer.produce(topic, [{ key: null, value: Buffer.from('v'), partition: to }])
  }
  // A cluster tells of a new topic before its leader serves it.
  const ready = async () => {
    await fetch({ sessionEpoch: -1 }, all)
    return failed === 0
  }
  await expect.poll(ready, { timeout: 10_000 }).toBe(true)
  return { fetch, write }
}

test('KIP-227: a session begins with all partitions and tells only what is new', async () => {
  const { fetch, write } = await fetchingFrom()
  const { sessionId, ...first } = await fetch({}, all)
  expect(first).toEqual({ error: 'NONE', partitions: [0, 1, 2], records: [] })
  expect(sessionId).toBeGreaterThan(0)
  expect(await fetch({ sessionId, sessionEpoch: 1 }, [])).toEqual({
    error: 'NONE',
    sessionId,
    partitions: [],
    records: [],
  })
  await write(1)
  expect(await fetch({ sessionId, sessionEpoch: 2 }, [])).toMatchObject({ partitions: [1], records: [1] })
  // Until the client moves on it gets the same again.
  expect(await fetch({ sessionId, sessionEpoch: 3 }, [])).toMatchObject({ records: [1] })
  expect(await fetch({ sessionId, sessionEpoch: 4 }, [partition(1, 1)])).toMatchObject({ partitions: [] })
  await write(2)
  expect(await fetch({ sessionId, sessionEpoch: 5, forget: [2] }, [])).toMatchObject({ sessionId, partitions: [] })
})

test('KIP-227: a session that is unknown, counted differently, addressed differently or over is refused', async () => {
  const { fetch } = await fetchingFrom()
  const refused = (error: string) => ({ error, sessionId: 0, partitions: [], records: [] })
  const { sessionId } = await fetch({}, [partition(0)])
  const other = sessionId === 1 ? 2 : sessionId - 1
  expect(await fetch({ sessionId: other, sessionEpoch: 1 }, [])).toEqual(refused('FETCH_SESSION_ID_NOT_FOUND'))
  expect(await fetch({ sessionId, sessionEpoch: 2 }, [])).toEqual(refused('INVALID_FETCH_SESSION_EPOCH'))
  expect(await fetch({ sessionId, sessionEpoch: 1 }, [], 'name')).toEqual(refused('FETCH_SESSION_TOPIC_ID_ERROR'))
  expect(await fetch({ sessionId, sessionEpoch: -1 }, [partition(0)])).toMatchObject({ error: 'NONE', sessionId: 0 })
  expect(await fetch({ sessionId, sessionEpoch: 1 }, [])).toEqual(refused('FETCH_SESSION_ID_NOT_FOUND'))
})
