import { ConnectError } from '#server/contract/errors.ts'
import { parseValue } from '#server/core/config-def-value.ts'

/** A config provider as the worker's properties introduce it. */
export interface ProviderSetting {
  /** How placeholders name it. */
  alias: string
  className: string
  params: Readonly<Record<string, string>>
}

/** Reads `config.providers`, `config.providers.<alias>.class` and `….param.*` (KIP-297), in the order of the list. */
export function providerSettings(worker: Readonly<Record<string, string>>): ProviderSetting[] {
  return providerAliases(worker).map((alias) => {
    const className = worker[`config.providers.${alias}.class`]?.trim()
    if (!className) {
      throw new ConnectError(
        'SETTING_INVALID',
        `Missing required configuration "config.providers.${alias}.class" which has no default value.`,
      )
    }
    const prefix = `config.providers.${alias}.param.`
    const params = Object.entries(worker).flatMap(([key, value]): [string, string][] =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    )
    return { alias, className, params: Object.fromEntries(params) }
  })
}

export function providerAliases(worker: Readonly<Record<string, string>>): string[] {
  const parsed = parseValue('LIST', worker['config.providers'] ?? '')
  return parsed.ok ? [...new Set(parsed.value as string[])] : []
}
