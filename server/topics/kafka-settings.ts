import { type ClientSettings, clientSettings } from '#server/kafka/client-settings.ts'

/** What the clients of one cluster have in common. */
export interface KafkaSettings extends ClientSettings {
  clientId: string
}

/** Reads Kafka's client properties. Throws SETTING_INVALID for what cannot be connected with. */
export function kafkaSettings(properties: Readonly<Record<string, string>>): KafkaSettings {
  return { ...clientSettings(properties), clientId: properties['client.id'] || 'sluice-console' }
}
