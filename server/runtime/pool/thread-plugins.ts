import { ConnectError } from '#server/contract/errors.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { connectorFor } from '#server/core/plugin-lookup.ts'
import { aliasesOf, type PluginCatalog } from '#server/runtime/pool/plugin-definitions.ts'
import type { NamedConverter } from '#server/runtime/task/task-converters.ts'
import type { RecordPlugins } from '#server/runtime/task/task-transforms.ts'
import { type ConnectorPlugin, pluginKind } from '#server/sdk/connector.ts'

/** The plugins of a thread, by any of the names that a config may call them. */
export interface ThreadPlugins {
  /** The plugin that a connector's config names, in the version that it wants. Throws PLUGIN_NOT_FOUND. */
  of(config: Readonly<Record<string, string>>): ConnectorPlugin
  readonly converters: readonly NamedConverter[]
  readonly recordPlugins: RecordPlugins
}

export function createThreadPlugins(catalog: PluginCatalog): ThreadPlugins {
  const known = catalog.connectors.map((plugin) => {
    const { class: className, version, config: fields, [pluginKind]: type } = plugin
    return { class: className, version, fields, type, aliases: aliasesOf(className, type), plugin }
  })
  return {
    of(config) {
      const found = connectorFor(known, config)
      if (found) return found.plugin
      throw new ConnectError('PLUGIN_NOT_FOUND', `Unknown plugin ${config['connector.class']?.trim() ?? ''}.`)
    },
    converters: catalog.converters.map((plugin) => ({ ...plugin, aliases: aliasesOf(plugin.class, 'converter') })),
    recordPlugins: {
      transforms: catalog.transforms.map((plugin) => ({
        ...plugin,
        aliases: aliasesOf(plugin.class, 'transformation'),
      })),
      predicates: catalog.predicates.map((plugin) => ({ ...plugin, aliases: aliasesOf(plugin.class, 'predicate') })),
    },
  }
}

/** A config in the types of its definition, for the plugin that brought the definition. Throws CONFIG_INVALID. */
export function typedConfig(plugin: ConnectorPlugin, config: Record<string, string>): never {
  const parsed = parseConfig(plugin.config, config)
  if (parsed.ok) return parsed.value as never
  const message = parsed.problems.map((problem) => problem.message).join('\n')
  throw new ConnectError('CONFIG_INVALID', message, { problems: parsed.problems })
}
