import { type Observation, streamOf } from '#e2e/checker/observation.ts'
import { type KafkaRecord, kafkaRecords } from '#e2e/observers/kafka-records.ts'
import type { KafkaClient } from '#server/kafka/client.ts'

/** Records of verifiable sources in their topic, as the JsonConverter or the StringConverter wrote them. */
export async function topicArrivals(client: KafkaClient, topic: string): Promise<AsyncIterable<Observation>[]> {
  const partitions = await kafkaRecords(client, topic)
  return partitions.map(async function* (records) {
    for await (const record of records) yield arrival(record)
  })
}

/** Headers, key and value say the same in two ways: a record in which they differ was altered. */
function arrival({ topic, partition, offset, timestamp, key, value, headers }: KafkaRecord): Observation {
  const said = payload(value)
  const task = Number(payload(key))
  const connector = headers.get('connector') ?? ''
  const number = /^n(\d+)$/.exec(headers.get('seqno') ?? '')?.[1]
  if (number === undefined) return { kind: 'foreign', at: timestamp, place: 'topic', what: String(value) }
  const seqno = Number(number)
  const same = isComplete(said)
    ? said.name === connector && said.topic === topic && said.task === task && said.seqno === seqno
    : Number(said) === seqno
  return {
    kind: 'arrived',
    at: timestamp,
    stream: streamOf(connector, task),
    seqno,
    place: 'topic',
    instance: headers.get('instance') ?? undefined,
    partition: `${topic}-${partition}`,
    offset,
    intact: same,
  }
}

function payload(text: string | null): unknown {
  try {
    const json: unknown = JSON.parse(text ?? 'null')
    return json !== null && typeof json === 'object' && 'payload' in json ? json.payload : json
  } catch {
    return text
  }
}

const isComplete = (said: unknown): said is { name: string; topic: string; task: number; seqno: number } =>
  typeof said === 'object' && said !== null && 'seqno' in said
