import { inspect } from 'node:util'
import { messageOf } from '#server/contract/errors.ts'
import { asksForSupport, type SourceSupport } from '#server/core/connector-keys-cross.ts'
import { hideResolved } from '#server/core/hide-resolved.ts'
import { keysWithReferences } from '#server/core/placeholders.ts'
import { connectorOf } from '#server/core/plugin-lookup.ts'
import { validateConnector } from '#server/core/validate-connector.ts'
import { withoutNulls } from '#server/runtime/plugin-host.ts'
import { chainErrors } from '#server/runtime/pool/chain-errors.ts'
import { definitionsOf, type PluginCatalog } from '#server/runtime/pool/plugin-definitions.ts'
import { asClass, type BoardDuring } from '#server/runtime/pool/stage-board.ts'
import type { ThreadMethods } from '#server/runtime/pool/thread-call.ts'
import type { ThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import type { ThreadPlugins } from '#server/runtime/pool/thread-plugins.ts'
import type { During } from '#server/runtime/task/task-runner.ts'
import { type ConnectorPlugin, pluginKind, type SourcePlugin } from '#server/sdk/connector.ts'

/** Validates on this thread: what placeholders stand for is known here alone, and plugins have their say. */
export function createThreadValidation(options: {
  catalog: PluginCatalog
  plugins: ThreadPlugins
  configs: ThreadConfigs
  during: BoardDuring
  scrub(text: string): string
}): ThreadMethods['validate'] {
  const { configs, scrub } = options
  const plugins = definitionsOf(options.catalog)

  return async (raw, worker) => {
    const given = withoutNulls(raw)
    const who = asClass(given['connector.class'] ?? '')
    const during: During = (stage, hook) => options.during(stage, hook, who)
    const { configs: found, problems } = await during('resolving a config', () => configs.look(given))
    const [resolved = {}] = found
    const config = { ...raw, ...resolved }
    const plugin = connectorOf(plugins, config)
    const asked = async () =>
      plugin.validates ? (await options.plugins.of(exactly(plugin)).load()).validate?.(resolved) : undefined
    const pluginErrors = (await during(`validating a config of ${plugin.class}`, asked)) ?? {}
    const ofChain = await during('validating transforms', () => chainErrors(options.plugins.recordPlugins, resolved))
    const support =
      plugin.type === 'source' && asksForSupport(config)
        ? await during(`validating a config of ${plugin.class}`, () =>
            sourceSupport(options.plugins.of(exactly(plugin)), resolved),
          )
        : {}
    const request = { plugin, plugins, config, worker, pluginErrors: { ...pluginErrors, ...ofChain }, support }
    const infos = validateConnector(request)
    const referring = keysWithReferences(raw, configs.aliases)
    const shown = referring.length === 0 ? infos : hideResolved(infos, raw, referring, problems)
    for (const { value } of shown.configs) value.errors = value.errors.map(scrub)
    return shown
  }
}

const mayAnswer = "answers 'SUPPORTED', 'UNSUPPORTED' or null"

/** The hooks of the plugin; what it does not have says nothing, and what is none of the answers that there are is an error. */
async function sourceSupport(plugin: ConnectorPlugin, config: Record<string, string>): Promise<SourceSupport> {
  if (plugin[pluginKind] !== 'source') return {}
  const module = await (plugin as SourcePlugin).load()
  const answer = (hook: 'exactlyOnceSupport' | 'canDefineTransactionBoundaries') => {
    const given: unknown = module[hook]
    if (given !== undefined && typeof given !== 'function') {
      return { unknown: `${hook} of ${plugin.class} has to be a function that ${mayAnswer}.` }
    }
    try {
      const said = module[hook]?.(config)
      if (said == null || said === 'SUPPORTED' || said === 'UNSUPPORTED') return said
      return { unknown: `${hook} of ${plugin.class} answers ${inspect(said)}: it is a function that ${mayAnswer}.` }
    } catch (error) {
      return { failed: messageOf(error) }
    }
  }
  const exactlyOnce = answer('exactlyOnceSupport')
  return { ...(exactlyOnce !== undefined && { exactlyOnce }), boundaries: answer('canDefineTransactionBoundaries') }
}

const exactly = ({ class: className, version }: { class: string; version: string }) => ({
  'connector.class': className,
  'connector.plugin.version': version,
})
