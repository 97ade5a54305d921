import { type Properties, withPrefix } from '#server/kafka/client-settings.ts'

/**
 * The properties of a client that a worker opens for a connector: the worker's own, those under `producer.`, `consumer.`
 * or `admin.`, then the connector's under `producer.override.` and so on (KIP-458).
 */
export function connectorClientProperties(
  kind: 'producer' | 'consumer' | 'admin',
  worker: Properties,
  connector: Properties,
): Properties {
  // A worker is known to its brokers by its group; what it opens for connectors has names of its own.
  const { 'client.id': _, ...own } = worker
  return { ...own, ...withPrefix(worker, `${kind}.`), ...withPrefix(connector, `${kind}.override.`) }
}
