import type { ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { connectorConfigErrors, connectorProblems } from '#server/core/config-errors.ts'
import { pluginsNamed } from '#server/core/plugin-lookup.ts'
import type { WorkerFacts } from '#server/core/validate-connector.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'

export interface Validation {
  validate(config: ConnectorConfig): Promise<ConfigInfos>
  /** Throws what create and update answer when a config is not valid. */
  ensureValid(config: ConnectorConfig): Promise<void>
}

/** Validates configs against the plugins of this worker, on the pool: there placeholders are resolved and plugins asked. */
export function createValidation({ config: worker, host }: HerderContext): Validation {
  const plugins = host.definitions()
  const converter = (key: keyof typeof worker.converters, type: 'converter' | 'header_converter') =>
    pluginsNamed(
      plugins.filter((plugin) => plugin.type === type),
      worker.converters[key],
    )[0]?.class ?? worker.converters[key]
  const facts: WorkerFacts = {
    groupId: worker.groupId,
    converters: {
      'key.converter': converter('key.converter', 'converter'),
      'value.converter': converter('value.converter', 'converter'),
      'header.converter': converter('header.converter', 'header_converter'),
    },
    overrides: worker.overrides,
    exactlyOnceEnabled: worker.exactlyOnce === 'enabled',
  }

  const validate = (config: ConnectorConfig): Promise<ConfigInfos> => host.validate(config, facts)

  return {
    validate,
    async ensureValid(config) {
      const infos = await validate(config)
      const message = connectorConfigErrors(infos)
      if (message === undefined) return
      throw new ConnectError('CONFIG_INVALID', message, { problems: connectorProblems(infos) })
    },
  }
}
