import { Kafka, logLevel } from 'kafkajs'
import { eventually } from '#e2e/start/eventually.ts'

export interface TopicRecord {
  key: Buffer | null
  value: Buffer | null
}

/** Reads the first records of a topic as a foreign client, in a consumer group of its own. */
export async function readTopic(bootstrapServers: string, topic: string, count: number): Promise<TopicRecord[]> {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `e2e-${topic}-${crypto.randomUUID()}`, maxWaitTimeInMs: 100 })
  const records: TopicRecord[] = []
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        records.push({ key: message.key, value: message.value })
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
