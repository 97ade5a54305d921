import type { ConfigField, ConfigOf, Fields } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { javaTrim } from '#server/contract/java-trim.ts'
import type { ConverterConfig } from '#server/sdk/converter.ts'

/** The typed settings of a converter. Throws `ConnectError` in the words of Kafka's `ConfigException`. */
export function readSettings<F extends Fields>(fields: F, config: ConverterConfig): ConfigOf<F> {
  const entries = Object.entries(fields).map(([key, field]) => [key, readSetting(key, field, config[key])])
  return Object.fromEntries(entries) as ConfigOf<F>
}

function readSetting(key: string, field: ConfigField, given: string | undefined): unknown {
  if (given === undefined) {
    if (field.default !== undefined) return field.default
    throw new ConnectError('CONFIG_INVALID', `Missing required configuration "${key}" which has no default value.`)
  }
  const value = readers[field.type]?.(key, given) ?? javaTrim(given)
  for (const check of field.checks ?? []) {
    if (check.check === 'one-of' && !check.values.includes(String(value))) {
      throw invalidSetting(key, value, `String must be one of: ${check.values.join(', ')}`)
    }
    if (check.check === 'range' && check.min !== undefined && Number(value) < check.min) {
      throw invalidSetting(key, value, `Value must be at least ${check.min}`)
    }
    if (check.check === 'list' && Array.isArray(value) && value.length === 0) {
      throw new ConnectError(
        'CONFIG_INVALID',
        `Configuration '${key}' must not be empty. Valid values include: any non-empty value`,
      )
    }
  }
  return value
}

/** What Kafka says of a value that it does not take. */
export const invalidSetting = (key: string, value: unknown, why: string) =>
  new ConnectError('CONFIG_INVALID', `Invalid value ${value} for configuration ${key}: ${why}`)

const readers: Partial<Record<ConfigField['type'], (key: string, given: string) => unknown>> = {
  BOOLEAN(key, given) {
    const value = javaTrim(given)
    if (/^true$/i.test(value)) return true
    if (/^false$/i.test(value)) return false
    throw invalidSetting(key, given, 'Expected value to be either true or false')
  },
  INT: (key, given) => wholeNumber(key, given, 2 ** 31, 'INT'),
  LONG: (key, given) => wholeNumber(key, given, 2 ** 53, 'LONG'),
  LIST: (_key, given) =>
    javaTrim(given)
      .split(/\s*,\s*/)
      .filter((item) => item !== ''),
  PASSWORD: (_key, given) => given,
}

function wholeNumber(key: string, given: string, bound: number, type: string): number {
  const value = javaTrim(given)
  const number = /^[+-]?\d{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (number >= -bound && number < bound) return number
  throw invalidSetting(key, given, `Not a number of type ${type}`)
}
