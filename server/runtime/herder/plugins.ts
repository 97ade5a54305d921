import type { ConnectorConfig, ConnectorType } from '#server/contract/connector.ts'
import { pluginsNamed } from '#server/core/plugin-lookup.ts'
import type { PluginDefinition } from '#server/runtime/plugin-host.ts'

/** The connector plugin that a config names; undefined when this worker has none. */
export function pluginOf(
  definitions: readonly PluginDefinition[],
  config: ConnectorConfig,
): PluginDefinition | undefined {
  const connectors = definitions.filter(({ type }) => type === 'source' || type === 'sink')
  return pluginsNamed(connectors, config['connector.class']?.trim() ?? '')[0]
}

export function connectorTypeOf(definitions: readonly PluginDefinition[], config: ConnectorConfig): ConnectorType {
  const type = pluginOf(definitions, config)?.type
  return type === 'source' || type === 'sink' ? type : 'unknown'
}
