import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'

const topic = 'survives'

const clientOf = (address: string, retries = 5) =>
  new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries } })

/** Every record of the topic as [offset, value]. */
async function readAll(address: string): Promise<[number, string][]> {
  const kafka = clientOf(address)
  const admin = kafka.admin()
  await admin.connect()
  const [partition] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const end = Number(partition?.high ?? 0)
  const seen: [number, string][] = []
  if (end === 0) return seen
  const consumer = kafka.consumer({ groupId: `reader-${end}`, sessionTimeout: 6000 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          seen.push([Number(message.offset), String(message.value)])
          if (Number(message.offset) === end - 1) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return seen
}

test('I1: kill -9 during produce loses nothing that was acknowledged, and keeps its order', async () => {
  using folder = newBrokerFolder()
  const acknowledged = new Map<number, string>()
  let sent = 0
  for (let round = 0; round < 3; round++) {
    const broker = await startBrokerProcess(folder.path)
    const producer = clientOf(broker.address, 0).producer({ retry: { retries: 0 } })
    await producer.connect()
    const enough = acknowledged.size + 40
    let killed: Promise<void> | undefined
    const senders = Array.from({ length: 5 }, async () => {
      for (;;) {
        const value = `${round}:${sent++}`
        const [answer] = await producer.send({ topic, messages: [{ value }] })
        acknowledged.set(Number(answer?.baseOffset), value)
        // The other senders have requests on the way at this moment.
        if (acknowledged.size >= enough) killed ??= broker.kill()
      }
    })
    const ended = await Promise.allSettled(senders)
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true)
    await killed
    await producer.disconnect()
  }

  await using broker = await startBrokerProcess(folder.path)
  const seen = await readAll(broker.address)
  expect(seen.map(([offset]) => offset)).toEqual(seen.map((_, at) => at))
  const stored = new Map(seen)
  for (const [offset, value] of acknowledged) expect(stored.get(offset)).toBe(value)
})

test('I6: committed offsets survive kill -9', async () => {
  using folder = newBrokerFolder()
  const first = await startBrokerProcess(folder.path)
  const admin = clientOf(first.address).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
  await admin.setOffsets({ groupId: 'g', topic, partitions: [{ partition: 1, offset: '42' }] })
  await admin.disconnect()
  await first.kill()

  await using second = await startBrokerProcess(folder.path)
  const again = clientOf(second.address).admin()
  await again.connect()
  const [offsets] = await again.fetchOffsets({ groupId: 'g', topics: [topic] })
  expect(offsets?.partitions.find(({ partition }) => partition === 1)?.offset).toBe('42')
  await again.disconnect()
})

test('I7: a second broker on the same folder refuses, and the lock of a killed one is taken over', async () => {
  using folder = newBrokerFolder()
  const first = await startBrokerProcess(folder.path)
  await expect(startBrokerProcess(folder.path)).rejects.toThrow(/in use by process/)
  await first.kill()
  const next = await startBrokerProcess(folder.path)
  await next.stop()
})
