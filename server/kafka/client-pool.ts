import { createHash } from 'node:crypto'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { connectorRequestTimeoutMs } from '#server/kafka/client-fields.ts'
import { clientSettings, type Properties } from '#server/kafka/client-settings.ts'

/** A client for as long as it is wanted. */
export interface ClientLease {
  readonly client: KafkaClient
  /** The client is closed with its last lease. */
  release(): void
}

/** Clients of one thread: whoever asks with the same connection settings shares one, and with it its connections. */
export interface ClientPool extends AsyncDisposable {
  /** Takes the properties as one client sees them. Throws SETTING_INVALID. */
  lease(properties: Properties): ClientLease
}

interface Pooled {
  client: KafkaClient
  leases: number
}

export function createClientPool(options: { clientId: string; clock: Clock; logger: Logger }): ClientPool {
  const { clock, logger } = options
  const pooled = new Map<string, Pooled>()
  const closings = new Set<Promise<void>>()

  function close(client: KafkaClient) {
    const closing = Promise.resolve(client[Symbol.asyncDispose]()).finally(() => closings.delete(closing))
    closings.add(closing)
  }

  return {
    lease(properties) {
      const key = connectionKey(properties)
      const known = pooled.get(key) ?? {
        client: createKafkaClient({
          ...clientSettings({ 'request.timeout.ms': `${connectorRequestTimeoutMs}`, ...properties }),
          clientId: properties['client.id'] || options.clientId,
          clock,
          logger,
        }),
        leases: 0,
      }
      pooled.set(key, known)
      known.leases++
      let released = false
      return {
        client: known.client,
        release() {
          if (released) return
          released = true
          known.leases--
          if (known.leases > 0) return
          pooled.delete(key)
          close(known.client)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { client } of pooled.values()) close(client)
      pooled.clear()
      await Promise.all(closings)
    },
  }
}

const connectionProperty =
  /^(bootstrap\.servers|client\.(id|dns\.lookup)|security\.|ssl\.|sasl\.|reconnect\.|request\.timeout|default\.api\.timeout|retry\.|socket\.|connections\.|metadata\.)/

/** Only a digest is kept: secrets are among the properties. */
function connectionKey(properties: Properties): string {
  const relevant = Object.entries(properties)
    .filter(([key]) => connectionProperty.test(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(relevant)).digest('base64')
}
