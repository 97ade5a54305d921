import type { Fields } from '#server/contract/config-field.ts'
import type { ConfigWarning, ConnectorConfig } from '#server/contract/connector.ts'
import { nearestKey } from '#server/contract/nearest-key.ts'
import { parseValue } from '#server/core/config-def-value.ts'

/**
 * What a person should look at although it is no error: keys that nobody will read, and keys that are on their way out.
 * Kafka Connect says nothing of them, so they never stand in its answer. `defined` are the keys of the validate answer.
 */
export function configWarnings(config: ConnectorConfig, defined: Fields): ConfigWarning[] {
  return Object.keys(config).flatMap((key): ConfigWarning[] => {
    const field = Object.hasOwn(defined, key) ? defined[key] : undefined
    if (field) return field.deprecated === undefined ? [] : [deprecated(key, field.deprecated)]
    if (isReadByOthers(key, config)) return []
    const idle = idleReason(key, config)
    if (idle !== undefined) return [{ key, message: idle, meant: null }]
    return [unknown(key, nearestKey(key, Object.keys(defined)))]
  })
}

const deprecated = (key: string, instead: string): ConfigWarning => ({
  key,
  message: `This setting is deprecated. Use ${instead} instead.`,
  meant: instead,
})

const unknown = (key: string, meant: string | undefined): ConfigWarning => ({
  key,
  message:
    meant === undefined
      ? 'Neither the connector nor the framework defines this setting.'
      : `Neither the connector nor the framework defines this setting. Did you mean ${meant}?`,
  meant: meant ?? null,
})

/** Settings of Kafka clients and of Sluice, and of topics that a source creates in a group that there is. */
function isReadByOthers(key: string, config: ConnectorConfig): boolean {
  if (/^((producer|consumer|admin)\.override|sluice)\./.test(key)) return true
  const group = /^topic\.creation\.([^.]+)\../.exec(key)?.[1]
  return group !== undefined && ['default', ...listOf(config['topic.creation.groups'])].includes(group)
}

/** Why a setting that would be known elsewhere has no effect here. */
function idleReason(key: string, config: ConnectorConfig): string | undefined {
  const [kind = '', alias = ''] = key.split('.')
  if ((kind === 'transforms' || kind === 'predicates') && alias !== '' && !listOf(config[kind]).includes(alias)) {
    return `This setting has no effect: ${kind} does not name ${alias}.`
  }
  const converter = /^(key|value|header)\.converter(?=\.)/.exec(key)?.[0]
  if (converter !== undefined && config[converter] == null) {
    return `This setting has no effect: the connector chooses no ${converter} of its own, and the worker's has the worker's settings.`
  }
  if (key === 'config.providers' || key.startsWith('config.providers.')) {
    return 'This setting has no effect: config providers are settings of the worker.'
  }
  return undefined
}

function listOf(raw: string | null | undefined): string[] {
  const parsed = parseValue('LIST', raw ?? '')
  return parsed.ok ? (parsed.value as string[]) : []
}
