import { ConnectError } from '#server/contract/errors.ts'

/** What the clients of one cluster have in common. */
export interface KafkaSettings {
  bootstrapServers: string[]
  clientId: string
}

/** Reads Kafka's client properties. Throws SETTING_INVALID for what these clients cannot do: TLS and SASL. */
export function kafkaSettings(properties: Readonly<Record<string, string>>): KafkaSettings {
  const bootstrapServers = (properties['bootstrap.servers'] ?? '').split(',').flatMap((each) => each.trim() || [])
  if (bootstrapServers.length === 0) {
    throw new ConnectError('SETTING_INVALID', 'bootstrap.servers is missing: topics can be shown only with it.')
  }
  const protocol = properties['security.protocol'] ?? 'PLAINTEXT'
  if (protocol.toUpperCase() !== 'PLAINTEXT') {
    throw new ConnectError('SETTING_INVALID', `security.protocol=${protocol}: topics can be shown over PLAINTEXT only.`)
  }
  return { bootstrapServers, clientId: properties['client.id'] || 'sluice-console' }
}
