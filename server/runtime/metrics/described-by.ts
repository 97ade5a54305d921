import type { PluginType } from '#server/contract/connector.ts'
import type { ConfigState } from '#server/core/config-fold.ts'
import { pluginsNamed } from '#server/core/plugin-lookup.ts'
import { pluginOf } from '#server/runtime/herder/plugins.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import type { SharedConfig } from '#server/runtime/worker-config.ts'

/** The words that metrics say of a connector, by attribute. */
export type Description = Readonly<Record<string, string>>

const converters = [
  ['key.converter', 'converter'],
  ['value.converter', 'converter'],
  ['header.converter', 'header_converter'],
] as const satisfies readonly (readonly [string, PluginType])[]

/** Which plugins a connector and its tasks are made of, by its config and this worker's plugins. */
export function describedBy(parts: {
  configs: { readonly state: ConfigState }
  host: Pick<PluginHost, 'definitions'>
  config: Pick<SharedConfig, 'converters'>
}): (connector: string) => Description | undefined {
  return (connector) => {
    const config = parts.configs.state.connectors.get(connector)?.config
    const plugins = parts.host.definitions()
    const plugin = config && pluginOf(plugins, config)
    if (!plugin) return undefined
    const { class: className, type, version, taskClass = '' } = plugin
    const described = converters.flatMap(([key, kind]) => {
      const name = config[key] ?? parts.config.converters[key]
      const [found] = pluginsNamed(plugins, name).filter((candidate) => candidate.type === kind)
      const attribute = key.replace('.', '-')
      return [
        [`${attribute}-class`, found?.class ?? name],
        [`${attribute}-version`, found?.version ?? 'undefined'],
      ] as const
    })
    return {
      'connector-type': type,
      'connector-class': className,
      'connector-version': version,
      'task-class': taskClass,
      'task-version': version,
      ...Object.fromEntries(described),
    }
  }
}
