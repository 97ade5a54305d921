import { type Observation, streamOf } from '#e2e/checker/observation.ts'
import { kafkaRecords } from '#e2e/observers/kafka-records.ts'
import type { KafkaClient } from '#server/kafka/client.ts'

/** What the offsets topic was told of a verifiable source, in the order in which the broker took it. */
export async function sourceOffsets(
  client: KafkaClient,
  topic: string,
  source: string,
): Promise<AsyncIterable<Observation>[]> {
  const partitions = await kafkaRecords(client, topic)
  return partitions.map(async function* (records): AsyncGenerator<Observation> {
    for await (const { key, value, timestamp: at } of records) {
      const [connector, { id }] = JSON.parse(key ?? '[]') as [string, { id: number }]
      if (connector !== source) continue
      const seqno = value === null ? null : Number((JSON.parse(value) as { seqno: number }).seqno)
      yield { kind: 'source offset', at, stream: streamOf(connector, id), seqno }
    }
  })
}
