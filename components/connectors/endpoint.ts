import { shortPluginName } from '#components/connectors/plugin-name.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'

export interface Endpoint {
  kind: 'file' | 'other'
  text: string
}

/** The keys under which connectors write where the other system is, the most telling first. */
const addressKeys = ['file', 'connection.url', 'connection.uri', 'hosts', 'url', 'database.hostname']

/** The side of a connector that is not Kafka, as far as its config tells; passwords inside an address are left out. */
export function endpointOf(config: ConnectorConfig): Endpoint {
  for (const key of addressKeys) {
    const value = config[key]
    if (value)
      return { kind: key === 'file' ? 'file' : 'other', text: value.replace(/(\/\/[^/:@\s]+):[^@/\s]+@/, '$1@') }
  }
  return { kind: 'other', text: shortPluginName(config['connector.class'] ?? 'unknown') }
}
