import { type ConfigOf, flag, int, text } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { javaTrim } from '#server/contract/java-trim.ts'
import { converterType } from '#server/converters/converter-fields.ts'
import type { ConverterConfig } from '#server/sdk/converter.ts'

export const jsonFields = {
  'converter.type': converterType,
  'schemas.enable': flag({
    doc: 'Include schemas within each of the serialized values and keys.',
    importance: 'high',
    default: true,
    group: 'Schemas',
    order: 0,
    width: 'MEDIUM',
    displayName: 'Enable Schemas',
  }),
  'schemas.cache.size': int({
    doc: 'The maximum number of schemas that can be cached in this converter instance.',
    importance: 'high',
    default: 1000,
    group: 'Schemas',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Schema Cache Size',
  }),
  'schema.content': text({
    doc: "When set, this is used as the schema for all messages, and the schemas within each of the message will be ignored.Otherwise, the schema will be included in the content of each message. This configuration applies only 'schemas.enable' is true, and it exclusively affects the sink connector.",
    importance: 'high',
    default: null,
    group: 'Schemas',
    order: 2,
    width: 'MEDIUM',
    displayName: 'Schema Content',
  }),
  'decimal.format': text({
    doc: "Controls which format this converter will serialize decimals in. This value is case insensitive and can be either 'BASE64' (default) or 'NUMERIC'",
    importance: 'low',
    default: 'BASE64',
    checks: [{ check: 'one-of', values: ['NUMERIC', 'BASE64'], ignoreCase: true }],
    group: 'Serialization',
    order: 0,
    width: 'MEDIUM',
    displayName: 'Decimal Format',
  }),
  'replace.null.with.default': flag({
    doc: 'Whether to replace fields that have a default value and that are null to the default value. When set to true, the default value is used, otherwise null is used.',
    importance: 'low',
    default: true,
    group: 'Serialization',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Replace null with default',
  }),
} as const

export interface JsonSettings {
  schemasEnable: boolean
  schemasCacheSize: number
  /** Empty: none. */
  schemaContent: string
  decimalsAsNumbers: boolean
  replaceNullWithDefault: boolean
}

/** The typed settings; throws `ConnectError` in the words of Kafka's `ConfigException`. */
export function jsonSettings(config: ConverterConfig): JsonSettings {
  return {
    schemasEnable: flagOf(config, 'schemas.enable'),
    schemasCacheSize: sizeOf(config, 'schemas.cache.size'),
    schemaContent: javaTrim(config['schema.content'] ?? ''),
    decimalsAsNumbers: formatOf(config, 'decimal.format') === 'NUMERIC',
    replaceNullWithDefault: flagOf(config, 'replace.null.with.default'),
  }
}

type Key = keyof ConfigOf<typeof jsonFields>

const invalid = (key: Key, value: string, why: string) =>
  new ConnectError('CONFIG_INVALID', `Invalid value ${value} for configuration ${key}: ${why}`)

function flagOf(config: ConverterConfig, key: Key): boolean {
  const value = javaTrim(config[key] ?? 'true')
  if (/^true$/i.test(value)) return true
  if (/^false$/i.test(value)) return false
  throw invalid(key, value, 'Expected value to be either true or false')
}

function sizeOf(config: ConverterConfig, key: Key): number {
  const value = javaTrim(config[key] ?? '1000')
  const size = /^[+-]?\d{1,10}$/.test(value) ? Number(value) : Number.NaN
  if (Math.abs(size) <= 0x7fffffff) return size
  throw invalid(key, value, 'Not a number of type INT')
}

function formatOf(config: ConverterConfig, key: Key): string {
  const value = javaTrim(config[key] ?? 'BASE64')
  const format = value.toUpperCase()
  if (format === 'NUMERIC' || format === 'BASE64') return format
  throw invalid(key, value, 'String must be one of (case insensitive): NUMERIC, BASE64')
}
