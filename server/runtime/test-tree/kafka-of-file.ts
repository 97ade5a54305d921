import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { createProducer, type Producer } from '#server/kafka/producer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

export interface KafkaOfFile<Kafka> {
  kafka: Kafka
  client: KafkaClient
  producer: Producer
  /** Creates a topic of its own and answers its name. */
  newTopic(partitions?: number, config?: Record<string, string>): Promise<string>
}

/** A Kafka for the tests of one file, with a client and a producer, which end when its tests have. */
export async function kafkaOfFile<Kafka extends AsyncDisposable & { bootstrapServers: string }>(
  start: () => Promise<Kafka>,
): Promise<KafkaOfFile<Kafka>> {
  const lifecycle = createLifecycle()
  afterAll(() => lifecycle[Symbol.asyncDispose]())
  const kafka = lifecycle.own(await start())
  const client = lifecycle.own(
    createKafkaClient({
      bootstrapServers: [kafka.bootstrapServers],
      clientId: 'test',
      clock: systemClock,
      logger: quietLogger,
    }),
  )
  const producer = lifecycle.own(createProducer(client, { acks: -1, idempotent: true }))
  const admin = createAdmin(client)
  return {
    kafka,
    client,
    producer,
    async newTopic(partitions = 1, config = {}) {
      const name = `t-${randomUUID()}`
      await admin.createTopics([{ name, partitions, replicationFactor: 1, config }])
      return name
    },
  }
}
