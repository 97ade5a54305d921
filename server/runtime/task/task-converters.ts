import { ConnectError } from '#server/contract/errors.ts'
import type { Converter, ConverterPlugin, HeaderConverter } from '#server/sdk/converter.ts'

/** The converters of one task, and their classes for messages. */
export interface TaskConverters {
  key: Converter
  value: Converter
  header: HeaderConverter
  classes: { key: string; value: string; header: string }
}

/** A converter plugin under the names that a config may call it by. */
export type NamedConverter = ConverterPlugin & { aliases: readonly string[] }

const defaultHeaderConverter = 'org.apache.kafka.connect.storage.SimpleHeaderConverter'

/**
 * The converters that a connector's config asks for, else the worker's. A connector that names a converter brings its
 * settings along; the worker's settings belong to the worker's converter alone (Kafka: Plugins.newConverter).
 */
export function createTaskConverters(
  plugins: readonly NamedConverter[],
  connector: Readonly<Record<string, string>>,
  worker: Readonly<Record<string, string>>,
): TaskConverters {
  const chosen = (key: string, type: string, fallback?: string) => {
    const own = connector[key]
    const config = own === undefined ? worker : connector
    const name = own ?? worker[key] ?? fallback
    if (name === undefined)
      throw new ConnectError('CONFIG_INVALID', `Missing required configuration "${key}" which has no default value.`)
    const found = converterNamed(plugins, name.trim(), key)
    return { found, settings: { ...below(config, `${key}.`), 'converter.type': type } }
  }
  const key = chosen('key.converter', 'key')
  const value = chosen('value.converter', 'value')
  const header = chosen('header.converter', 'header', defaultHeaderConverter)
  const unfit = (name: string, what: string) => new ConnectError('CONFIG_INVALID', `Class ${name} is no ${what}.`)
  if (!key.found.converter) throw unfit(key.found.class, 'Converter')
  if (!value.found.converter) throw unfit(value.found.class, 'Converter')
  if (!header.found.headerConverter) throw unfit(header.found.class, 'HeaderConverter')
  return {
    key: key.found.converter(key.settings, true),
    value: value.found.converter(value.settings, false),
    header: header.found.headerConverter(header.settings),
    classes: { key: key.found.class, value: value.found.class, header: header.found.class },
  }
}

function converterNamed(plugins: readonly NamedConverter[], name: string, key: string): NamedConverter {
  const found =
    plugins.find((plugin) => plugin.class === name) ?? plugins.find((plugin) => plugin.aliases.includes(name))
  if (!found)
    throw new ConnectError(
      'CONFIG_INVALID',
      `Invalid value ${name} for configuration ${key}: Class ${name} could not be found.`,
    )
  return found
}

function below(config: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  const entries = Object.entries(config).filter(([key]) => key.startsWith(prefix))
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]))
}
