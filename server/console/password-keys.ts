import type { ConnectorConfig } from '#server/contract/connector.ts'
import { ConnectError, type ErrorCode } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import type { IsPassword } from '#server/contract/secret-values.ts'

/** Tells for a config which of its keys are secret by the definition of its plugin; asked once a plugin. */
export type PasswordKeys = (config: ConnectorConfig) => Promise<IsPassword>

/** The worker does not have the plugin, or is too old to describe it: keys are then judged by their names alone. */
const undescribed: ReadonlySet<ErrorCode> = new Set([
  'PLUGIN_NOT_FOUND',
  'ROUTE_NOT_FOUND',
  'BAD_REQUEST',
  'UNSUPPORTED',
])
/** I12: class names come from configs, and anybody may write one. */
const mostPlugins = 500

export function createPasswordKeys(herder: Pick<Herder, 'pluginConfig'>): PasswordKeys {
  const asked = new Map<string, Promise<ReadonlySet<string>>>()

  async function ask(plugin: string): Promise<ReadonlySet<string>> {
    try {
      const keys = await herder.pluginConfig(plugin)
      return new Set(keys.filter(({ type }) => type === 'PASSWORD').map(({ name }) => name))
    } catch (error) {
      asked.delete(plugin)
      if (error instanceof ConnectError && undescribed.has(error.code)) return new Set()
      throw error
    }
  }

  return async (config) => {
    const plugin = config['connector.class']
    if (!plugin) return () => false
    let answer = asked.get(plugin)
    if (!answer) {
      if (asked.size >= mostPlugins) asked.clear()
      answer = ask(plugin)
      asked.set(plugin, answer)
    }
    const keys = await answer
    return (key) => keys.has(key)
  }
}
