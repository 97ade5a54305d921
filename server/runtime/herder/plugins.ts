import type { ConnectorConfig, ConnectorType } from '#server/contract/connector.ts'
import { connectorFor } from '#server/core/plugin-lookup.ts'
import type { PluginDefinition } from '#server/runtime/plugin-host.ts'

/** The connector plugin that a config names, in the version that it wants; undefined when this worker has none. */
export const pluginOf = (
  definitions: readonly PluginDefinition[],
  config: ConnectorConfig,
): PluginDefinition | undefined => connectorFor(definitions, config)

export function connectorTypeOf(definitions: readonly PluginDefinition[], config: ConnectorConfig): ConnectorType {
  const type = pluginOf(definitions, config)?.type
  return type === 'source' || type === 'sink' ? type : 'unknown'
}
