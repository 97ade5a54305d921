import type { PluginType } from '#server/contract/connector.ts'
import type { ConfigState } from '#server/core/config-fold.ts'
import { pluginsNamed } from '#server/core/plugin-lookup.ts'
import { pluginsListed } from '#server/core/transform-chain.ts'
import { pluginOf } from '#server/runtime/herder/plugins.ts'
import { type PluginHost, withoutNulls } from '#server/runtime/plugin-host.ts'
import type { SharedConfig } from '#server/runtime/worker-config.ts'

/** What metrics say of a connector. */
export interface Description {
  /** Words, by attribute. */
  words: Readonly<Record<string, string>>
  /** Its transforms and predicates. */
  chain?: readonly { kind: 'transform' | 'predicate'; alias: string; className: string; version: string }[]
}

const converters = [
  ['key.converter', 'converter'],
  ['value.converter', 'converter'],
  ['header.converter', 'header_converter'],
] as const satisfies readonly (readonly [string, PluginType])[]

const chains = [
  ['transform', 'transforms', 'transformation'],
  ['predicate', 'predicates', 'predicate'],
] as const

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
    const chain = chains.flatMap(([kind, list, pluginType]) =>
      pluginsListed(withoutNulls(config), list).map(({ alias, class: name }) => {
        const [found] = pluginsNamed(plugins, name).filter((candidate) => candidate.type === pluginType)
        return { kind, alias, className: found?.class ?? name, version: found?.version ?? 'undefined' }
      }),
    )
    return {
      words: {
        'connector-type': type,
        'connector-class': className,
        'connector-version': version,
        'task-class': taskClass,
        'task-version': version,
        ...Object.fromEntries(described),
      },
      chain,
    }
  }
}
