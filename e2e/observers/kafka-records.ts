import { createAdmin } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'

/** A record as a consumer of the checker's own finds it. */
export interface KafkaRecord {
  topic: string
  partition: number
  offset: number
  /** When the broker took it, where the topic has `message.timestamp.type=LogAppendTime`. */
  timestamp: number
  key: string | null
  value: string | null
  headers: ReadonlyMap<string, string | null>
}

/** Everything that is committed in a topic at this moment, partition by partition, a fetch at a time. */
export async function kafkaRecords(client: KafkaClient, topic: string): Promise<AsyncIterable<KafkaRecord>[]> {
  const admin = createAdmin(client)
  const { partitions } = await client.topic(topic)
  const places = partitions.map((_, partition) => ({ topic, partition }))
  const ends = await admin.listOffsets(places, 'latest', 'read_committed')
  return ends.map(({ partition, offset }) => readPartition(client, { topic, partition }, offset))
}

async function* readPartition(
  client: KafkaClient,
  place: { topic: string; partition: number },
  end: number,
): AsyncGenerator<KafkaRecord> {
  await using fetcher = createFetcher(client, { isolation: 'read_committed', resetPolicy: 'earliest', maxWaitMs: 100 })
  fetcher.assign([{ ...place, offset: 'earliest' }])
  const signal = AbortSignal.timeout(120_000)
  while ((fetcher.position(place) ?? 0) < end) {
    for (const { batches } of await fetcher.poll(signal, 1_000)) {
      for (const batch of batches) {
        const index = batch.index()
        for (let i = 0; i < index.count; i++) {
          if (index.offset(i) >= end) return
          yield {
            ...place,
            offset: index.offset(i),
            timestamp: index.timestamp[i] ?? 0,
            key: text(index.key(i)),
            value: text(index.value(i)),
            headers: new Map(index.headers(i).map(({ name, value }) => [name, text(value)])),
          }
        }
      }
    }
    signal.throwIfAborted()
  }
}

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())
