import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAdmin } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { type Faults, withoutTransactionsV2 } from '#server/kafka/testdata/fault-proxy.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'
import type { ApiName } from '#server/protocol/codec.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const record = (value: string) => [{ key: null, value: Buffer.from(value), partition: 0 }]

/** The requests of a transaction in each protocol: v2 (KIP-890) adds partitions and groups by itself. */
const protocols = [
  {
    version: 1,
    apis: ['InitProducerId', 'AddPartitionsToTxn', 'Produce', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn'],
  },
  { version: 2, apis: ['InitProducerId', 'Produce', 'TxnOffsetCommit', 'EndTxn'] },
] as const satisfies { version: number; apis: ApiName[] }[]

const open = (client: KafkaClient, transactionalId: string) => createTransactionalProducer(client, { transactionalId })

/** A client that speaks this version of the protocol, behind a proxy, and how often it asked for what. */
async function behind(version: number, faults: Faults) {
  const asked = new Map<ApiName, number>()
  const there = await kafka.behind((exchange) => {
    asked.set(exchange.api, exchange.nth)
    const fault = faults(exchange)
    return exchange.api === 'ApiVersions' && version === 1 && fault === 'pass' ? withoutTransactionsV2 : fault
  })
  return { ...there, asked }
}

describe.each(protocols)('in transactions of protocol v$version', ({ version, apis }) => {
  const cases = apis.flatMap((api) => [
    { api, fault: 'lose the answer' as const },
    { api, fault: 'lose the request' as const },
  ])

  test.each(cases)('I2: $fault of $api, and the outcome is known, nothing lost or doubled', async ({ api, fault }) => {
    const topic = await kafka.newTopic()
    const groupId = `g-${randomUUID()}`
    const faulty = new Set([1, 3, 4, 6])
    await using there = await behind(version, (asked) => (asked.api === api && faulty.has(asked.nth) ? fault : 'pass'))
    const transactionalId = `x-${randomUUID()}`
    const committed: string[] = []
    let offset = -1
    // Two producers, one after the other, so that identities are taken over as well.
    for (const life of [1, 2]) {
      await using transactional = open(there.client, transactionalId)
      await transactional.initTransactions()
      for (let i = 0; i < 4; i++) {
        transactional.begin()
        const values = [`${life}.${i}.a`, `${life}.${i}.b`]
        for (const value of values) await transactional.producer.produce(topic, record(value))
        await transactional.sendOffsets(groupId, [{ topic, partition: 0, offset: life * 10 + i }])
        if (i === 1) await transactional.abort()
        else {
          await transactional.commit()
          committed.push(...values)
          offset = life * 10 + i
        }
        expect(transactional.state).toBe('ready')
      }
    }
    expect(there.asked.get(api)).toBeGreaterThan(api === 'InitProducerId' ? 2 : 8)
    expect(there.asked.has('AddPartitionsToTxn')).toBe(version === 1)
    await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(committed)
    await expect
      .poll(() => createAdmin(kafka.client).groupOffsets(groupId), { timeout: 20_000 })
      .toEqual([{ topic, partition: 0, offset }])
  })

  test.each(['Produce', 'TxnOffsetCommit', 'EndTxn'] as const)(
    'I7: a zombie whose %s arrives when another producer has its id is fenced, and nothing of it is ever visible',
    async (api) => {
      const topic = await kafka.newTopic()
      const groupId = `g-${randomUUID()}`
      const transactionalId = `x-${randomUUID()}`
      const woken = Promise.withResolvers<void>()
      const fellAsleep = Promise.withResolvers<void>()
      let last: ApiName | undefined
      let asleep = false
      // With this request the zombie falls asleep: whatever it says from then on arrives when it wakes.
      await using there = await behind(version, ({ api: asked }) => {
        if (asked === last) {
          asleep = true
          fellAsleep.resolve()
        }
        return asleep ? { deliverRequestAfter: woken.promise } : 'pass'
      })
      await using zombie = open(there.client, transactionalId)
      await zombie.initTransactions()
      zombie.begin()
      await zombie.producer.produce(topic, record('of the zombie'))
      last = api
      const late = {
        Produce: () => zombie.producer.produce(topic, record('of the zombie, late')),
        TxnOffsetCommit: () => zombie.sendOffsets(groupId, [{ topic, partition: 0, offset: 666 }]),
        EndTxn: () => zombie.commit(),
      }[api]()
      const fenced = expect(late).rejects.toMatchObject({ errorName: 'PRODUCER_FENCED' })
      await fellAsleep.promise

      await using next = open(kafka.client, transactionalId)
      await next.initTransactions()
      next.begin()
      await next.producer.produce(topic, record('a'))
      await next.sendOffsets(groupId, [{ topic, partition: 0, offset: 7 }])
      await next.commit()
      next.begin()
      await next.producer.produce(topic, record('b'))
      last = undefined
      asleep = false
      woken.resolve()
      await fenced
      expect(zombie.state).toBe('fatal')
      await expect(zombie.commit()).rejects.toMatchObject({ errorName: 'PRODUCER_FENCED' })
      await next.commit()

      await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(['a', 'b'])
      await expect
        .poll(() => createAdmin(kafka.client).groupOffsets(groupId), { timeout: 20_000 })
        .toEqual([{ topic, partition: 0, offset: 7 }])
    },
  )
})
