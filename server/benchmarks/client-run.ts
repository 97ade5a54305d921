import { openSync, writeSync } from 'node:fs'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'

/** One run of one client, in a process of its own: `client, direction, bootstrap.servers, topic, records, bytes`. */
const [client = '', direction = '', server = '', topic = '', recordsText = '', bytesText = ''] = process.argv.slice(2)
const records = Number(recordsText)
const value = Buffer.alloc(Number(bytesText), 'abcdefghijklmnopqrstuvwxyz0123456789')
const sendsInFlight = 5

function openClient() {
  const levels = createLogLevels({ root: 'WARN', clock: systemClock })
  const logger = createLogger({ name: 'bench', levels, clock: systemClock, sink: () => undefined })
  return createKafkaClient({ bootstrapServers: [server], clientId: 'bench', clock: systemClock, logger })
}

async function produceOurs() {
  await using kafka = openClient()
  await createAdmin(kafka).createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }])
  await using producer = createProducer(kafka, { acks: -1, idempotent: true })
  await producer.ready(topic)
  return await timed(async () => {
    const failures: unknown[] = []
    const now = Date.now()
    for (let left = records; left > 0; ) {
      await producer.room()
      const batch = producer.newBatch()
      while (left > 0 && batch.appendText(now, value, 0, value.length)) left--
      producer.send(topic, 0, batch).catch((error: unknown) => failures.push(error))
    }
    await producer.flush()
    if (failures.length > 0) throw failures[0]
  })
}

/** Every value goes to a file that keeps nothing: decoded, not counted alone. */
async function consumeOurs() {
  const file = openSync('/dev/null', 'w')
  await using kafka = openClient()
  await using fetcher = createFetcher(kafka, { isolation: 'read_uncommitted', resetPolicy: 'earliest' })
  fetcher.assign([{ topic, partition: 0, offset: 'earliest' }])
  const signal = AbortSignal.timeout(300_000)
  return await timed(async () => {
    for (let seen = 0; seen < records; ) {
      signal.throwIfAborted()
      for (const { batches } of await fetcher.poll(signal, 1_000)) {
        for (const batch of batches) {
          const index = batch.index()
          const lines = Buffer.allocUnsafe(batch.bytes.length + index.count)
          let at = 0
          for (let i = 0; i < index.count; i++) {
            at += index.value(i)?.copy(lines, at) ?? 0
            lines[at++] = 10
          }
          writeSync(file, lines, 0, at)
          seen += index.count
        }
      }
    }
  })
}

const openKafkaJs = () => new Kafka({ brokers: [server], clientId: 'bench', logLevel: logLevel.NOTHING })

async function produceKafkaJs() {
  const producer = openKafkaJs().producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const each = value.length > 500 ? 500 : 1_000
  const messages = Array.from({ length: each }, () => ({ key: null, value, partition: 0 }))
  const figures = await timed(async () => {
    const underWay = new Set<Promise<unknown>>()
    for (let left = records; left > 0; left -= each) {
      const sent = producer.send({ topic, acks: -1, messages }).finally(() => underWay.delete(sent))
      underWay.add(sent)
      if (underWay.size >= sendsInFlight) await Promise.race(underWay)
    }
    await Promise.all(underWay)
  })
  await producer.disconnect()
  return figures
}

async function consumeKafkaJs() {
  const file = openSync('/dev/null', 'w')
  const consumer = openKafkaJs().consumer({ groupId: `bench-${topic}-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const figures = await timed(async () => {
    let seen = 0
    const done = Promise.withResolvers<void>()
    await consumer.run({
      async eachBatch({ batch }) {
        writeSync(file, Buffer.concat(batch.messages.flatMap((message) => [message.value ?? Buffer.alloc(0), newline])))
        seen += batch.messages.length
        if (seen >= records) done.resolve()
      },
    })
    await done.promise
  })
  await consumer.disconnect()
  return figures
}

const newline = Buffer.from('\n')

async function timed(work: () => Promise<void>) {
  const cpuBefore = process.cpuUsage()
  const begin = performance.now()
  await work()
  const seconds = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { recordsPerSecond: Math.round(records / seconds), cpuSecondsPerMillion: (user + system) / records }
}

const runs: Record<string, () => Promise<object>> = {
  'sluice produce': produceOurs,
  'sluice consume': consumeOurs,
  'kafkajs produce': produceKafkaJs,
  'kafkajs consume': consumeKafkaJs,
}
const run = runs[`${client} ${direction}`]
if (!run) throw new Error(`no run ${client} ${direction}`)
console.log(JSON.stringify(await run()))
process.exit(0)
