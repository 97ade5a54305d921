import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

export interface CommittedRecord {
  key: string | null
  value: string | null
}

/**
 * What a reader of committed records finds in a topic, up to where it ends now, by partition and offset; a transaction that
 * is still open is waited for. A topic that does not exist is empty.
 */
export async function readCommitted(bootstrapServers: string, topic: string): Promise<CommittedRecord[]> {
  await using client = createKafkaClient({
    bootstrapServers: bootstrapServers.split(','),
    clientId: 'e2e',
    clock: systemClock,
    logger: quietLogger,
  })
  const admin = createAdmin(client)
  const [described] = await admin.describeTopics([topic])
  if (!described) return []
  const partitions = described.partitions.map((_, partition) => ({ topic, partition }))
  const ends = await admin.listOffsets(partitions, 'latest')
  await using fetcher = createFetcher(client, { isolation: 'read_committed', resetPolicy: 'earliest', maxWaitMs: 50 })
  fetcher.assign(partitions.map((each) => ({ ...each, offset: 'earliest' as const })))
  const signal = AbortSignal.timeout(90_000)
  const records: CommittedRecord[][] = partitions.map(() => [])
  const missing = new Map(ends.map(({ partition, offset }) => [partition, offset]))
  while (missing.size > 0) {
    signal.throwIfAborted()
    for (const { partition, batches } of await fetcher.poll(signal, 100)) {
      for (const batch of batches) {
        const index = batch.index()
        for (let i = 0; i < index.count; i++) {
          records[partition]?.push({ key: text(index.key(i)), value: text(index.value(i)) })
        }
      }
    }
    for (const [partition, end] of missing) {
      if ((fetcher.position({ topic, partition }) ?? -1) >= end) missing.delete(partition)
    }
  }
  return records.flat()
}

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())
