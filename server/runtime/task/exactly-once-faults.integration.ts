import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { boundaryAtPolls } from '#server/core/transaction-boundary.ts'
import { withoutTransactionsV2 } from '#server/kafka/testdata/fault-proxy.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'
import type { ApiName } from '#server/protocol/codec.ts'
import { runSource } from '#server/runtime/task/test-tree/source-bench.ts'
import { numbers, waitingSource } from '#server/runtime/task/test-tree/waiting-source.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

/** The requests of a task in each protocol of transactions: v2 (KIP-890) adds partitions by itself. */
const protocols = [
  { version: 1, apis: ['InitProducerId', 'AddPartitionsToTxn', 'Produce', 'EndTxn'] },
  { version: 2, apis: ['InitProducerId', 'Produce', 'EndTxn'] },
] as const satisfies { version: number; apis: ApiName[] }[]

const polls = 8
const perPoll = 3

describe.each(protocols)('in transactions of protocol v$version', ({ version, apis }) => {
  const cases = apis.flatMap((api) => [
    { api, fault: 'lose the answer' as const },
    { api, fault: 'lose the request' as const },
  ])

  test.each(cases)('I1, I2, I4, I13: $fault of $api now and then, and nothing is lost or doubled', async (lost) => {
    const topic = await kafka.newTopic()
    const offsetsTopic = await kafka.newTopic()
    const faulty = new Set([1, 3, 4, 7, 12])
    await using there = await kafka.behind(({ api, nth }) => {
      if (api === lost.api && faulty.has(nth)) return lost.fault
      return api === 'ApiVersions' && version === 1 ? withoutTransactionsV2 : 'pass'
    })
    const transactionalId = `x-${randomUUID()}`
    const ends: string[] = []
    // Two instances, one after the other, so that the id is taken over as well.
    for (let life = 0, sent = 0; life < 2; life++) {
      const task = waitingSource()
      for (let n = 0; n < polls; n++, sent += perPoll) {
        task.push(numbers(topic, sent, perPoll))
        ends.push(`{"position":${sent + perPoll}}`)
      }
      const source = runSource(there.client, task, {
        transactions: {
          ...{ boundary: boundaryAtPolls(), offsetsTopic },
          producer: (own) => createTransactionalProducer(own, { transactionalId }),
        },
      })
      await Promise.race([task.waiting(), source.ended])
      source.runner.stop()
      await source.ended
    }
    const all = Array.from({ length: 2 * polls * perPoll }, (_, n) => `${n}`)
    await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(all)
    expect(await kafka.readAll(offsetsTopic, 'read_committed')).toEqual(ends)
  })
})
