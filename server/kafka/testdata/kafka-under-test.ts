import { randomUUID } from 'node:crypto'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { createFetcher, type FetcherOptions } from '#server/kafka/fetcher.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { type FaultProxy, type Faults, startFaultProxy } from '#server/kafka/testdata/fault-proxy.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startTestKafka } from '#server/kafka/testdata/test-kafka.ts'

export interface KafkaUnderTest extends AsyncDisposable {
  bootstrapServers: string
  client: KafkaClient
  newClient(bootstrapServers?: string): KafkaClient
  /** A client behind a proxy with faults of its own. */
  behind(faults: Faults): Promise<{ proxy: FaultProxy; client: KafkaClient } & AsyncDisposable>
  /** A topic of its own, which takes and gives records from here on. */
  newTopic(partitions?: number, config?: Record<string, string>): Promise<string>
  /** The values of partition 0 up to its end as the isolation sees it, asked for first. */
  readAll(topic: string, isolation: FetcherOptions['isolation']): Promise<string[]>
}

/** The Kafka of a conformance suite: the embedded broker, or the one that BOOTSTRAP_SERVERS names. */
export async function openKafkaUnderTest(): Promise<KafkaUnderTest> {
  const kafka = await startTestKafka()
  const newClient = (server = kafka.bootstrapServers) =>
    createKafkaClient({ bootstrapServers: [server], clientId: 'test', clock: systemClock, logger: quietLogger })
  const client = newClient()
  return {
    bootstrapServers: kafka.bootstrapServers,
    client,
    newClient,
    async behind(faults) {
      const proxy = await startFaultProxy(kafka.bootstrapServers, faults)
      const client = newClient(proxy.bootstrapServers)
      return {
        proxy,
        client,
        async [Symbol.asyncDispose]() {
          await client[Symbol.asyncDispose]()
          await proxy[Symbol.asyncDispose]()
        },
      }
    },
    async newTopic(partitions = 1, config = {}) {
      const name = `t-${randomUUID()}`
      const admin = createAdmin(client)
      await admin.createTopics([{ name, partitions, replicationFactor: 1, config }])
      // A broker may be named as leader a moment before it leads.
      const all = Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }))
      await admin.listOffsets(all, 'earliest')
      return name
    },
    async readAll(topic, isolation) {
      const at = { topic, partition: 0 }
      const [end] = await createAdmin(client).listOffsets([at], 'latest', isolation)
      await using fetcher = createFetcher(client, { isolation, resetPolicy: 'earliest' })
      fetcher.assign([{ ...at, offset: 'earliest' }])
      const signal = AbortSignal.timeout(30_000)
      const values: string[] = []
      while ((fetcher.position(at) ?? 0) < (end?.offset ?? 0)) {
        signal.throwIfAborted()
        values.push(...valuesOf(await fetcher.poll(signal, 500)))
      }
      return values
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await kafka[Symbol.asyncDispose]()
    },
  }
}

export function valuesOf(fetched: readonly FetchedPartition[]): string[] {
  return fetched.flatMap(({ batches, startOffset }) =>
    batches.flatMap((batch) => {
      const index = batch.index()
      return Array.from({ length: index.count }, (_, i) => i)
        .filter((i) => index.offset(i) >= startOffset)
        .map((i) => index.value(i)?.toString() ?? 'null')
    }),
  )
}
