import { ConnectError } from '#server/contract/errors.ts'
import { type ConverterRole, chooseConverter } from '#server/core/task-converters.ts'
import type { OwnPlugin } from '#server/runtime/task/task-plugins.ts'
import type { Converter, ConverterConfig, ConverterPlugin, HeaderConverter } from '#server/sdk/converter.ts'

/** The converters of one task, and their classes for messages. */
export interface TaskConverters {
  key: Converter
  value: Converter
  header: HeaderConverter
  classes: { key: string; value: string; header: string }
}

/** A converter plugin under the names that a config may call it by. */
export type NamedConverter = ConverterPlugin & { aliases: readonly string[] }

/** A converter and its own settings. */
interface Chosen {
  plugin: NamedConverter
  config: ConverterConfig
}

/** The converters that a connector's config asks for, else the worker's. Throws CONFIG_INVALID for one that cannot be had. */
export async function createTaskConverters(
  plugins: readonly NamedConverter[],
  connector: Readonly<Record<string, string>>,
  worker: Readonly<Record<string, string>>,
  own: OwnPlugin,
): Promise<TaskConverters> {
  const chosen = (role: ConverterRole): Chosen => {
    const choice = chooseConverter(role, connector, worker)
    return { plugin: converterNamed(plugins, choice.class, `${role}.converter`), config: choice.config }
  }
  const key = chosen('key')
  const value = chosen('value')
  const header = chosen('header')
  if (!header.plugin.headerConverter) throw unfit(header.plugin.class, 'HeaderConverter')
  return {
    key: own('the key converter', await converterOf(key, true)),
    value: own('the value converter', await converterOf(value, false)),
    header: own('the header converter', header.plugin.headerConverter(header.config)),
    classes: { key: key.plugin.class, value: value.plugin.class, header: header.plugin.class },
  }
}

async function converterOf({ plugin, config }: Chosen, isKey: boolean): Promise<Converter> {
  if (plugin.loadConverter) return plugin.loadConverter(config, isKey)
  if (!plugin.converter) throw unfit(plugin.class, 'Converter')
  return plugin.converter(config, isKey)
}

const unfit = (name: string, what: string) => new ConnectError('CONFIG_INVALID', `Class ${name} is no ${what}.`)

function converterNamed(plugins: readonly NamedConverter[], name: string, key: string): NamedConverter {
  const found =
    plugins.find((plugin) => plugin.class === name) ?? plugins.find((plugin) => plugin.aliases.includes(name))
  if (found) return found
  const message = `Invalid value ${name} for configuration ${key}: Class ${name} could not be found.`
  throw new ConnectError('CONFIG_INVALID', message)
}
