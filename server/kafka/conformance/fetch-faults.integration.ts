import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFetcher } from '#server/kafka/fetcher.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { type Fault, rewrite } from '#server/kafka/testdata/fault-proxy.ts'
import { type KafkaUnderTest, openKafkaUnderTest, valuesOf } from '#server/kafka/testdata/kafka-under-test.ts'
import { type KafkaErrorName, kafkaErrorName } from '#server/protocol/kafka-errors.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const partitions = [0, 1, 2]
const perPartition = 40

test('R-K06: a session that is lost, forgotten or counted differently costs no record and brings none twice', async () => {
  const topic = await kafka.newTopic(partitions.length)
  const refused = new Set<KafkaErrorName>()
  const misread = (by: { sessionId: number; sessionEpoch: number }) =>
    rewrite<'Fetch'>({
      request: (body) => {
        const { sessionId, sessionEpoch } = body
        const begins = sessionEpoch === 0 // and names no session that could be wrong
        return begins
          ? body
          : { ...body, sessionId: sessionId + by.sessionId, sessionEpoch: sessionEpoch + by.sessionEpoch }
      },
      answer(body) {
        if (body.errorCode !== 0) refused.add(kafkaErrorName(body.errorCode))
        return body
      },
    })
  const faults: Fault[] = [
    'lose the answer',
    misread({ sessionId: 0, sessionEpoch: 7 }),
    misread({ sessionId: 1, sessionEpoch: 0 }),
    'lose the request',
  ]
  // Between two of them a session has time to begin.
  const faultOf = (nth: number) => (nth % 2 === 0 ? 'pass' : (faults[((nth - 1) / 2) % faults.length] ?? 'pass'))
  await using there = await kafka.behind(({ api, nth }) => (api === 'Fetch' ? faultOf(nth) : 'pass'))
  await using producer = createProducer(kafka.client, { acks: -1, idempotent: true })
  await using fetcher = createFetcher(there.client, {
    isolation: 'read_uncommitted',
    resetPolicy: 'none',
    maxWaitMs: 50,
  })
  fetcher.assign(partitions.map((partition) => ({ topic, partition, offset: 0 })))
  const read = partitions.map((): string[] => [])
  const signal = AbortSignal.timeout(60_000)
  const take = async () => {
    for (const fetched of await fetcher.poll(signal, 1_000)) read[fetched.partition]?.push(...valuesOf([fetched]))
  }
  for (let i = 0; i < perPartition; i++) {
    // Quiet partitions stay in the session unmentioned: what is lost of it would be lost of them.
    const busy = partitions.slice(0, 1 + (i % partitions.length))
    await Promise.all(
      busy.map((partition) => producer.produce(topic, [{ key: null, value: Buffer.from(`${i}`), partition }])),
    )
    await take()
  }
  const wanted = partitions.map((partition) =>
    Array.from({ length: perPartition }, (_, i) => `${i}`).filter((i) => Number(i) % partitions.length >= partition),
  )
  while (read.some((values, partition) => values.length < (wanted[partition]?.length ?? 0))) {
    signal.throwIfAborted()
    await take()
  }
  expect(read).toEqual(wanted)
  expect([...refused].sort()).toEqual(['FETCH_SESSION_ID_NOT_FOUND', 'INVALID_FETCH_SESSION_EPOCH'])
})
