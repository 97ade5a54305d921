import type { KafkaClient } from '#server/kafka/client.ts'
import type { ClientPool } from '#server/kafka/client-pool.ts'
import type { Properties } from '#server/kafka/client-settings.ts'
import { connectorClientProperties } from '#server/kafka/connector-client.ts'

/** Kafka Connect's producers try for as long as it takes. */
export const forEverMs = 2 ** 31 - 1

/** The clients of one task, each with the properties that its connector gives it (KIP-458). */
export interface TaskClients {
  /** Throws SETTING_INVALID. */
  open(kind: 'producer' | 'consumer' | 'admin'): { client: KafkaClient; properties: Properties }
  /** Gives all of them back. */
  release(): void
}

export function createTaskClients(pool: ClientPool, worker: Properties, connector: Properties): TaskClients {
  const releases: (() => void)[] = []
  return {
    open(kind) {
      const properties = connectorClientProperties(kind, worker, connector)
      const { client, release } = pool.lease(properties)
      releases.push(release)
      return { client, properties }
    },
    release() {
      for (const release of releases) release()
    },
  }
}
