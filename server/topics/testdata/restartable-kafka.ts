import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, startBroker } from '#server/broker/server.ts'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

export interface TestRecord {
  key?: string | null
  value: string | Buffer | null
  headers?: { name: string; value: Buffer | null }[]
  timestamp?: number
  partition?: number
}

/** A Kafka with which a test can do everything: fill topics, and where it is the embedded one, stop and start it. */
export interface RestartableKafka extends AsyncDisposable {
  readonly bootstrapServers: string
  readonly client: KafkaClient
  newTopic(partitions?: number, config?: Record<string, string>): Promise<string>
  /** Each call is one batch a partition; the default partition is 0. */
  fill(topic: string, records: readonly TestRecord[]): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

export const realKafka = process.env.BOOTSTRAP_SERVERS

/** Maintenance (retention, compaction) every 50 ms instead of every half minute. */
const busyClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms === 30_000 ? 50 : ms, signal),
}

export async function startRestartableKafka(): Promise<RestartableKafka> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-topics-'))
  // A small cache of newest batches, so that what is read is what compaction left on the disk.
  const startOn = (port: number) =>
    startBroker({ directory, port, clock: busyClock, logger: quietLogger, tailCacheBytes: 1024 })
  let broker: Broker | undefined = realKafka ? undefined : await startOn(0)
  const port = broker?.port ?? 0
  const bootstrapServers = realKafka ?? `127.0.0.1:${port}`
  const client = createKafkaClient({
    bootstrapServers: bootstrapServers.split(','),
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
  })
  return {
    bootstrapServers,
    client,
    async newTopic(partitions = 1, config = {}) {
      const name = `t-${randomUUID()}`
      await createAdmin(client).createTopics([{ name, partitions, replicationFactor: -1, config }])
      await client.topic(name)
      return name
    },
    async fill(topic, records) {
      await using producer = createProducer(client, { acks: -1, idempotent: true })
      await producer.produce(
        topic,
        records.map(({ key = null, value, headers = [], timestamp = Date.now(), partition = 0 }) => ({
          key: key === null ? null : Buffer.from(key),
          value: value === null ? null : Buffer.from(value),
          headers,
          timestamp,
          partition,
        })),
      )
    },
    async stop() {
      await broker?.[Symbol.asyncDispose]()
      broker = undefined
    },
    async start() {
      broker = await startOn(port)
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await broker?.[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}
