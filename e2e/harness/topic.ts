import { Kafka, type KafkaMessage, logLevel } from 'kafkajs'
import { eventually } from '#e2e/start/eventually.ts'

export interface TopicRecord {
  key: Buffer | null
  value: Buffer | null
  /** When it was made, in ms. */
  timestamp: number
  headers: Readonly<Record<string, string>>
}

const recordOf = ({ key, value, timestamp, headers = {} }: KafkaMessage): TopicRecord => ({
  key,
  value,
  timestamp: Number(timestamp),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
})

/** Reads the first records of a topic as a foreign client, in a consumer group of its own. */
export async function readTopic(bootstrapServers: string, topic: string, count: number): Promise<TopicRecord[]> {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `e2e-${topic}-${crypto.randomUUID()}`, maxWaitTimeInMs: 100 })
  const records: TopicRecord[] = []
  await consumer.connect()
  try {
    await eventually(
      // Apache Kafka tells of a new topic a moment before it hosts it, and kafkajs gives up at once.
      async () => {
        await consumer.subscribe({ topic, fromBeginning: true })
        return true
      },
      { withinMs: 30_000, what: `${topic} is there` },
    )
    await consumer.run({
      eachMessage: async ({ message }) => {
        records.push(recordOf(message))
      },
    })
    await eventually(async () => (records.length >= count ? true : undefined), {
      withinMs: 30_000,
      what: `${count} records in ${topic} (there are ${records.length})`,
    })
    return records
  } finally {
    await consumer.disconnect()
  }
}

/** Writes text values into a topic as a foreign client. */
export async function writeTopic(
  bootstrapServers: string,
  topic: string,
  values: readonly (string | Buffer | null)[],
): Promise<void> {
  const producer = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  try {
    await producer.send({ topic, messages: values.map((value) => ({ value })) })
  } finally {
    await producer.disconnect()
  }
}

/** Everything that a topic holds at this moment, by partition and offset. */
export async function readWhole(bootstrapServers: string, topic: string): Promise<TopicRecord[]> {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect())
  const records = ends.map(() => [] as TopicRecord[])
  const missing = new Set(ends.filter(({ low, high }) => low !== high).map(({ partition }) => partition))
  const consumer = kafka.consumer({ groupId: `e2e-${topic}-${crypto.randomUUID()}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) records[batch.partition]?.push(recordOf(message))
        const end = ends.find(({ partition }) => partition === batch.partition)
        if (BigInt(batch.lastOffset()) + 1n >= BigInt(end?.high ?? 0)) missing.delete(batch.partition)
      },
    })
    await eventually(async () => (missing.size === 0 ? true : undefined), {
      withinMs: 30_000,
      what: `${topic} is read to its end`,
    })
    return records.flat()
  } finally {
    await consumer.disconnect()
  }
}
