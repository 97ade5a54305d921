import type { ConfigKeyInfo } from '#server/contract/config-field.ts'
import { describeFields } from '#server/core/config-def.ts'
import { commonKeys, sinkKeys, sourceKeys } from '#server/core/connector-keys.ts'
import { isConnector, type KnownPlugin } from '#server/core/plugin-lookup.ts'

/**
 * The answer of `GET /connector-plugins/{plugin}/config`: a connector's own keys, then those of every connector of its
 * kind; any other plugin's own keys alone.
 */
export function pluginConfigKeys(plugin: KnownPlugin): ConfigKeyInfo[] {
  if (!isConnector(plugin)) return describeFields(plugin.fields)
  const version = { ...commonKeys['connector.plugin.version'], default: plugin.version }
  const framework = {
    ...commonKeys,
    'connector.plugin.version': version,
    ...(plugin.type === 'sink' ? sinkKeys : sourceKeys),
  }
  const own = describeFields(plugin.fields)
  const ownNames = new Set(own.map((key) => key.name))
  return [...own, ...describeFields(framework).filter((key) => !ownNames.has(key.name))]
}
