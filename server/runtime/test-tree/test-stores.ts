import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import type { ConfigChange } from '#server/core/config-fold.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createConfigStore } from '#server/runtime/config-store.ts'
import { createOffsetStore } from '#server/runtime/offset-store.ts'
import { createStatusStore } from '#server/runtime/status-store.ts'

/** The three stores of one worker over one broker. Workers with the same `id` share their topics. */
export function openStores(bootstrapServers: string, id: string = randomUUID(), clock: Clock = systemClock) {
  const shared = { clock: systemClock, logger: quietLogger }
  const client = createKafkaClient({ bootstrapServers: [bootstrapServers], clientId: 'test', ...shared })
  const admin = createAdmin(client)
  const producer = createProducer(client, { acks: -1, idempotent: true })
  const topicOf = (kind: string, partitions: number) => ({
    name: `${kind}-${id}`,
    partitions,
    replicationFactor: 1,
    settings: {},
  })
  const changes: ConfigChange[] = []
  const parts = { ...shared, clock, client, admin }
  const configs = createConfigStore({
    ...parts,
    topic: topicOf('configs', 1),
    onChange: (change) => changes.push(change),
  })
  const statuses = createStatusStore({ ...parts, producer, topic: topicOf('statuses', 5) })
  const offsets = createOffsetStore({ ...parts, producer, topic: topicOf('offsets', 25) })
  return {
    ...{ id, client, admin, producer, configs, statuses, offsets, changes },
    async start() {
      const { signal } = new AbortController()
      await Promise.all([configs.start(signal), statuses.start(signal), offsets.start(signal)])
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await Promise.all([configs, statuses, offsets, producer].map((part) => part[Symbol.asyncDispose]()))
    },
  }
}
