import type { ConfigInfo, ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'
import type { Problem } from '#server/contract/errors.ts'

/**
 * A validate answer without anything that came from a provider (Kafka 4.3.2: `AbstractHerder.validateConnectorConfig`):
 * keys with a placeholder show it, recommend nothing, and say no more than that their value did not fit, or why it could
 * not be found out.
 */
export function hideResolved(
  infos: ConfigInfos,
  raw: ConnectorConfig,
  referring: readonly string[],
  problems: readonly Problem[],
): ConfigInfos {
  const hidden = new Set(referring)
  const messagesOf = (key: string) => problems.filter(({ field }) => field === key).map(({ message }) => message)

  function hide(info: ConfigInfo): ConfigInfo {
    const { name } = info.value
    if (!hidden.has(name)) return info
    const unresolved = messagesOf(name)
    const misfit = info.value.errors.length > 0 ? [misfitOf(name)] : []
    return {
      definition: info.definition,
      value: {
        ...info.value,
        value: raw[name] ?? null,
        recommendedValues: [],
        errors: unresolved.length > 0 ? unresolved : misfit,
      },
    }
  }

  const known = new Set(infos.configs.map(({ value }) => value.name))
  const strays = referring
    .filter((key) => !known.has(key) && messagesOf(key).length > 0)
    .map(
      (name): ConfigInfo => ({
        definition: null,
        value: { name, value: raw[name] ?? null, recommendedValues: [], errors: messagesOf(name), visible: true },
      }),
    )
  const configs = [...strays, ...infos.configs.map(hide)]
  return {
    ...infos,
    name: hidden.has('connector.class') ? (raw['connector.class'] ?? infos.name) : infos.name,
    errorCount: configs.reduce((sum, { value }) => sum + value.errors.length, 0),
    configs,
  }
}

const misfitOf = (key: string): string =>
  `Invalid value for configuration '${key}': the value resolved from the config provider reference failed validation`
