import type { KafkaClient } from '#server/kafka/client.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'

export interface ReadRecord {
  partition: number
  offset: number
  key: string | null
  value: string | null
  headers: { name: string; value: string | null }[]
}

/** Reads a topic from its beginning until `count` records were seen, then once more for what comes unasked. */
export async function readTopic(
  client: KafkaClient,
  topic: string,
  count: number,
  isolation: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
): Promise<ReadRecord[]> {
  const { partitions } = await client.topic(topic)
  await using fetcher = createFetcher(client, { isolation, resetPolicy: 'earliest', maxWaitMs: 50 })
  fetcher.assign(partitions.map((_, partition) => ({ topic, partition, offset: 'earliest' as const })))
  const signal = AbortSignal.timeout(60_000)
  const records: ReadRecord[] = []
  for (let enough = false; !enough; ) {
    signal.throwIfAborted()
    enough = records.length >= count
    for (const { batches, partition } of await fetcher.poll(signal, 100)) {
      for (const batch of batches) {
        const index = batch.index()
        for (let i = 0; i < index.count; i++) {
          records.push({
            partition,
            offset: index.offset(i),
            key: text(index.key(i)),
            value: text(index.value(i)),
            headers: index.headers(i).map(({ name, value }) => ({ name, value: text(value) })),
          })
        }
      }
    }
  }
  return records
}

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())
