import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

/** A client of whoever watches, apart from everybody who is watched. */
export const observingClient = (bootstrapServers: string): KafkaClient =>
  createKafkaClient({
    bootstrapServers: [bootstrapServers],
    clientId: 'observer',
    clock: systemClock,
    logger: quietLogger,
  })

/** A topic whose records have the time at which the broker took them. */
export async function createTimedTopic(client: KafkaClient, name: string, partitions: number): Promise<void> {
  const config = { 'message.timestamp.type': 'LogAppendTime' }
  await createAdmin(client).createTopics([{ name, partitions, replicationFactor: 1, config }])
}
