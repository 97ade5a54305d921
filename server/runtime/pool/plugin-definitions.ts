import type { PluginPackage, PluginType } from '#server/contract/connector.ts'
import type { IsPassword } from '#server/contract/secret-values.ts'
import type { PluginDefinition } from '#server/runtime/plugin-host.ts'
import type { ConfigProviderPlugin } from '#server/sdk/config-provider.ts'
import { type ConnectorPlugin, pluginKind } from '#server/sdk/connector.ts'
import type { ConverterPlugin } from '#server/sdk/converter.ts'
import type { PredicatePlugin, TransformPlugin } from '#server/sdk/transform.ts'

/** The plugins that a thread can run. */
export interface PluginCatalog {
  connectors: readonly ConnectorPlugin[]
  converters: readonly ConverterPlugin[]
  transforms: readonly TransformPlugin[]
  predicates: readonly PredicatePlugin[]
  providers: readonly ConfigProviderPlugin[]
  /** What was found on `plugin.path`, usable or not. */
  packages?: readonly PluginPackage[]
}

/** Whether a key of a connector's config is a PASSWORD to any plugin, which knows it without the prefix that it may have there. */
export function passwordKeysOf({ connectors, converters, transforms, predicates }: PluginCatalog): IsPassword {
  const names = new Set(
    [...connectors, ...converters, ...transforms, ...predicates].flatMap(({ config }) =>
      Object.entries(config).flatMap(([name, { type }]) => (type === 'PASSWORD' ? [name] : [])),
    ),
  )
  return (key) => names.has(key) || [...names].some((name) => key.endsWith(`.${name}`))
}

/** The longest one that a name ends with goes. */
const suffixes: Readonly<Partial<Record<PluginType, readonly string[]>>> = {
  source: ['Connector'],
  sink: ['Connector'],
  converter: ['Converter'],
  header_converter: ['HeaderConverter', 'Converter'],
}

/** Simple name, and simple name without its kind's suffix (Kafka: PluginUtils.simpleName, prunedName). */
export function aliasesOf(className: string, type: PluginType): string[] {
  const simple = className.slice(className.lastIndexOf('.') + 1)
  // `Cast$Value` is a class inside another, which Kafka finds by its full name alone.
  if (simple.includes('$')) return []
  const suffix = suffixes[type]?.find((ending) => simple.endsWith(ending) && simple !== ending)
  return suffix ? [simple, simple.slice(0, -suffix.length)] : [simple]
}

/** Everything that the coordination thread knows of the plugins, as data. */
export function definitionsOf({ connectors, converters, transforms, predicates }: PluginCatalog): PluginDefinition[] {
  return [
    ...connectors.map(connectorDefinition),
    ...converters.flatMap(converterDefinitions),
    ...[...transforms, ...predicates].map(recordPluginDefinition),
  ]
}

function connectorDefinition(plugin: ConnectorPlugin): PluginDefinition {
  const type = plugin[pluginKind]
  const { class: className, version, title, summary, system, example } = plugin
  return {
    class: className,
    aliases: aliasesOf(className, type),
    type,
    version,
    fields: plugin.config,
    validates: plugin.validates ?? false,
    taskClass: plugin.taskClass,
    ...('exactlyOnce' in plugin && plugin.exactlyOnce && { exactlyOnce: plugin.exactlyOnce }),
    ...(plugin.crossChecks && { crossChecks: plugin.crossChecks }),
    card: { class: className, type, version, title, summary, system, example },
  }
}

function converterDefinitions(plugin: ConverterPlugin): PluginDefinition[] {
  const { class: className, version, config: fields } = plugin
  const types: PluginType[] = [
    ...(plugin.converter || plugin.loadConverter ? ['converter' as const] : []),
    ...(plugin.headerConverter ? ['header_converter' as const] : []),
  ]
  return types.map((type) => ({
    class: className,
    aliases: aliasesOf(className, type),
    type,
    version,
    fields,
    validates: false,
  }))
}

function recordPluginDefinition(plugin: TransformPlugin | PredicatePlugin): PluginDefinition {
  const type = plugin[pluginKind]
  const { class: className, version, summary, config: fields } = plugin
  return { class: className, aliases: aliasesOf(className, type), type, version, fields, validates: false, summary }
}
