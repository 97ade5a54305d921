import { parseConfig } from '#server/core/config-def.ts'
import { type ChainPlugin, pluginsListed } from '#server/core/transform-chain.ts'
import { namedPlugin, type RecordPlugins } from '#server/runtime/task/task-transforms.ts'
import type { SettingErrors } from '#server/sdk/transform.ts'

/** What transforms and predicates say of their settings beyond what their tables can, by full key. */
export function chainErrors(plugins: RecordPlugins, config: Readonly<Record<string, string>>): SettingErrors {
  const lists = ['transforms', 'predicates'] as const
  return Object.fromEntries(
    lists.flatMap((list) =>
      pluginsListed(config, list).flatMap((named) => errorsOf(plugins[list], named, `${list}.${named.alias}.`)),
    ),
  )
}

type Plugins = RecordPlugins['transforms'] | RecordPlugins['predicates']

function errorsOf(plugins: Plugins, named: ChainPlugin, prefix: string): [key: string, messages: readonly string[]][] {
  const plugin = namedPlugin<Plugins[number]>(plugins, named.class)
  const parsed = plugin?.validate && parseConfig(plugin.config, named.config)
  // What its table finds wrong is told with the table.
  if (!parsed?.ok) return []
  const errors = plugin?.validate?.(parsed.value as never) ?? {}
  return Object.entries(errors).map(([key, messages]) => [prefix + key, messages])
}
