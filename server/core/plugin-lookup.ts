import type { Fields } from '#server/contract/config-field.ts'
import type { ConnectorConfig, PluginType } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { compareVersions, parseVersionSpec } from '#server/core/version-range.ts'

/** What validation needs to know of a plugin. */
export interface KnownPlugin {
  class: string
  aliases: readonly string[]
  type: PluginType
  version: string
  fields: Fields
  exactlyOnce?: 'SUPPORTED' | 'UNSUPPORTED'
}

/** The plugins that a name stands for: a full class name, a simple name, or one without its kind's suffix. */
export function pluginsNamed<P extends KnownPlugin>(plugins: readonly P[], name: string): P[] {
  const exact = plugins.filter((plugin) => plugin.class === name)
  return exact.length > 0 ? exact : plugins.filter((plugin) => plugin.aliases.includes(name))
}

export const isConnector = (plugin: KnownPlugin): boolean => plugin.type === 'source' || plugin.type === 'sink'

/** Whether a plugin meets a version spec such as `[4.0,5.0)`; anything meets an absent one. */
export const fitsVersion = (plugin: KnownPlugin, spec: string | null | undefined): boolean =>
  parseVersionSpec(spec)?.includes(plugin.version) ?? true

/** Of the connectors that a config names, the newest that meets its `connector.plugin.version` (KIP-891). */
export function connectorFor<P extends KnownPlugin>(plugins: readonly P[], config: ConnectorConfig): P | undefined {
  return connectorsNamed(plugins, config).find((plugin) => fitsVersion(plugin, config['connector.plugin.version']))
}

const connectorsNamed = <P extends KnownPlugin>(plugins: readonly P[], config: ConnectorConfig): P[] =>
  newestFirst(pluginsNamed(plugins.filter(isConnector), config['connector.class']?.trim() ?? ''))

export const newestFirst = <P extends KnownPlugin>(plugins: readonly P[]): P[] =>
  plugins.toSorted((a, b) => compareVersions(b.version, a.version))

/** The connector that a config names, in the wanted version if there is one; throws what `POST /connectors` answers when there is none. */
export function connectorOf<P extends KnownPlugin>(plugins: readonly P[], config: ConnectorConfig): P {
  const name = config['connector.class']?.trim()
  // Kafka 4.3.1 prints the whole config here, secrets included; later releases do not, and neither do we (S-06).
  if (!name) throw new ConnectError('BAD_REQUEST', 'Connector config contains no connector type')
  const connectors = plugins.filter(isConnector)
  const found = connectorFor(plugins, config) ?? connectorsNamed(plugins, config)[0]
  if (found) return found
  const listing = connectors.map(pluginDescription).join(', ')
  throw new ConnectError(
    'BAD_REQUEST',
    `Failed to find any class that implements Connector and which name matches ${name}, available connectors are: ${listing}`,
  )
}

const pluginDescription = ({ class: name, type, version }: KnownPlugin): string =>
  `PluginDesc{klass=class ${name}, name='${name}', version='${version}', encodedVersion=${version}, type=${type}, typeName='${type}', location='classpath'}`
