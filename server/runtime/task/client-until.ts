import type { KafkaClient } from '#server/kafka/client.ts'

/**
 * One task's view of the client that a thread shares: once the signal aborts nothing more is asked through it, and a
 * request that failed is not sent again (I7). What is on its way to the broker cannot be called back. `retrying` hears what
 * is tried again on behalf of this task.
 */
export function clientUntil(
  client: KafkaClient,
  signal: AbortSignal,
  retrying: KafkaClient['retrying'] = client.retrying,
): KafkaClient {
  const open = () => {
    if (signal.aborted) throw new Error('the task has ended')
  }
  const own: Partial<KafkaClient> = {
    retrying,
    async call(...request) {
      open()
      return client.call(...request)
    },
    async connection(...to) {
      const connection = await client.connection(...to)
      open()
      return connection
    },
    async topic(name, options) {
      open()
      return client.topic(name, { ...options, signal })
    },
  }
  return Object.assign(Object.create(client), own)
}
