import type { Fields } from '#server/contract/config-field.ts'
import type { ConfigInfo, ConnectorConfig } from '#server/contract/connector.ts'
import { describeField, evaluateFields, toConfigInfo } from '#server/core/config-def.ts'
import { type KnownPlugin, pluginsNamed } from '#server/core/plugin-lookup.ts'

const converterKinds = ['key.converter', 'value.converter', 'header.converter'] as const
export type ConverterKind = (typeof converterKinds)[number]

/**
 * The keys of the converters that a connector chose itself, under their prefix (`key.converter.schemas.enable`); the
 * worker's own converters bring none (Kafka: `AbstractHerder.validateConverterConfig`).
 */
export function validateConverters(
  config: ConnectorConfig,
  plugins: readonly KnownPlugin[],
): { prefix: string; fields: Fields; infos: ConfigInfo[] }[] {
  return converterKinds.flatMap((kind) => {
    const type = kind === 'header.converter' ? 'header_converter' : 'converter'
    const [converter] = pluginsNamed(
      plugins.filter((plugin) => plugin.type === type),
      config[kind]?.trim() ?? '',
    )
    if (!converter) return []
    const prefix = `${kind}.`
    const given = Object.entries(config).filter(([key]) => key.startsWith(prefix))
    const own: ConnectorConfig = Object.create(null)
    own['converter.type'] = kind.slice(0, kind.indexOf('.'))
    for (const [key, value] of given) own[key.slice(prefix.length)] = value
    const infos = evaluateFields(converter.fields, own).map((key): ConfigInfo => {
      const { value } = toConfigInfo(key)
      return {
        definition: { ...describeField(key.name, key.field), name: prefix + key.name },
        value: { ...value, name: prefix + key.name },
      }
    })
    return [{ prefix, fields: converter.fields, infos }]
  })
}
