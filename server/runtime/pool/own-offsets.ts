import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { createOffsetStore, type OffsetStore } from '#server/runtime/offset-store.ts'
import type { TaskClients } from '#server/runtime/pool/task-clients.ts'
import { offsetTopicOf } from '#server/runtime/worker-config.ts'

/** An offsets topic that one connector has for itself, made like the worker's where it is missing. */
export type OwnOffsets = Pick<OffsetStore, 'start' | 'read' | 'all' | 'alter'> & AsyncDisposable

/** Reads, and for a person writes, with the clients of the connector; what its tasks write goes through their producers. */
export function openOwnOffsets(options: {
  topic: string
  /** The worker's properties. */
  worker: Readonly<Record<string, string>>
  clients: TaskClients
  clock: Clock
  logger: Logger
}): OwnOffsets {
  const { topic, worker, clients, clock, logger } = options
  const producer = createProducer(clients.open('producer').client, { acks: -1, idempotent: true })
  const store = createOffsetStore({
    client: clients.open('consumer').client,
    admin: createAdmin(clients.open('admin').client),
    producer,
    topic: offsetTopicOf(worker, topic),
    setting: 'offsets.storage.topic',
    clock,
    logger,
  })
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await producer[Symbol.asyncDispose]()
    },
  }
}
