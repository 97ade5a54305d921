import type { Fields } from '#server/contract/config-field.ts'
import type { ConfigInfo, ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'
import type { Problem } from '#server/contract/errors.ts'
import { type EvaluatedKey, evaluateFields, groupsOf, toConfigInfo } from '#server/core/config-def.ts'
import { configWarnings } from '#server/core/config-warnings.ts'
import { commonKeys, sinkKeys, sourceKeys } from '#server/core/connector-keys.ts'
import { type ConverterKind, validateConverters } from '#server/core/connector-keys-converters.ts'
import { type SourceSupport, sinkProblems, sourceProblems } from '#server/core/connector-keys-cross.ts'
import { embeddedKeys, shortName } from '#server/core/connector-keys-embedded.ts'
import { type OverrideRules, validateOverrides } from '#server/core/connector-keys-overrides.ts'
import { classResolver, classRuleOf } from '#server/core/plugin-classes.ts'
import { type KnownPlugin, pluginsNamed } from '#server/core/plugin-lookup.ts'
import { parseVersionSpec } from '#server/core/version-range.ts'

/** What validation asks of the worker that carries it out. */
export interface WorkerFacts {
  /** Null for a worker without a group. */
  groupId: string | null
  /** Full class names, or undefined when the worker sets none. */
  converters: Partial<Record<ConverterKind, string>>
  overrides: OverrideRules
  exactlyOnceEnabled: boolean
}

export interface ValidateRequest {
  plugin: KnownPlugin
  plugins: readonly KnownPlugin[]
  /** Placeholders resolved; nulls as they came in the request. */
  config: ConnectorConfig
  worker: WorkerFacts
  /** Messages of the plugin's own `validate`, per key. */
  pluginErrors?: Record<string, readonly string[]>
  /** What a source answers of this config, where it was asked. */
  support?: SourceSupport
}

/** The answer of `PUT /connector-plugins/{plugin}/config/validate` (Kafka: `AbstractHerder.validateConnectorConfig`). */
export function validateConnector(request: ValidateRequest): ConfigInfos {
  const { plugin, config, worker } = request
  const version = versionProblem(plugin, config)
  const framework = version === undefined ? frameworkKeys(request) : keysWithoutPlugin(plugin)
  const own = version === undefined ? plugin.fields : {}
  const pluginErrors = Object.entries(request.pluginErrors ?? {})
  const type = plugin.type === 'sink' ? 'sink' : 'source'

  const frameworkValues = evaluate(framework, request)
  const ownValues = evaluate(own, request)
  const keys = new Map([...frameworkValues, ...ownValues].map((key) => [key.name, key]))
  const strays: ConfigInfo[] = []

  const report = ({ field, message }: Problem) => {
    const key = keys.get(field)
    const stray = strays.find((info) => info.value.name === field)
    if (key) key.errors.push(message)
    else if (stray) stray.value.errors.push(message)
    else strays.push(strayInfo(field, config[field] ?? null, message))
  }

  if (version !== undefined) {
    for (const field of ['connector.class', 'connector.plugin.version']) report({ field, message: version })
  } else {
    const facts = {
      groupId: worker.groupId,
      exactlyOnceEnabled: worker.exactlyOnceEnabled,
      support: { exactlyOnce: plugin.exactlyOnce, ...request.support },
    }
    for (const problem of type === 'sink' ? sinkProblems(config, facts) : sourceProblems(config, facts)) report(problem)
    for (const problem of embeddedVersionProblems(config, request.plugins, keys)) report(problem)
    for (const [field, messages] of pluginErrors) for (const message of messages) report({ field, message })
  }
  for (const [field, value] of Object.entries(config)) {
    // A null for a key of the connector itself is the connector's affair, as in Kafka.
    if (value === null && !Object.hasOwn(own, field)) {
      report({ field, message: 'Null value can not be supplied as the configuration value.' })
    }
  }

  const overrides = validateOverrides(config, type, worker.overrides)
  const converters = version === undefined ? validateConverters(config, request.plugins) : []
  const converterFields = converters.map((converter) => converter.fields)
  const configs = [...strays, ...[...keys.values()].map(toConfigInfo), ...overrides]
  configs.push(...converters.flatMap((converter) => converter.infos))
  return {
    name: config['connector.class'] ?? plugin.class,
    // Kafka counts an override once, however many errors it has.
    errorCount: configs.reduce((sum, { value }) => sum + value.errors.length, 0),
    groups: [...new Set([framework, own, ...converterFields].flatMap(groupsOf))],
    configs,
    warnings: configWarnings(config, { ...framework, ...own, ...prefixed(converters) }),
  }
}

/** The keys of converters as a connector writes them. */
const prefixed = (converters: ReturnType<typeof validateConverters>): Fields =>
  Object.fromEntries(
    converters.flatMap(({ prefix, fields }) =>
      Object.entries(fields).map(([key, field]) => [prefix + key, field] as const),
    ),
  )

function evaluate(fields: Fields, { config, plugins }: ValidateRequest): EvaluatedKey[] {
  return evaluateFields(fields, config, {
    resolveClass: classResolver(plugins),
    classRule: classRuleOf(plugins),
    checkName: (key) => shortName(key, config),
  })
}

function frameworkKeys({ plugin, plugins, config, worker }: ValidateRequest): Fields {
  return {
    ...withConverters({ ...commonKeys, ...versionKey(plugin) }, config, plugins, worker),
    ...(plugin.type === 'sink' ? sinkKeys : sourceKeys),
    ...embeddedKeys(config, plugins),
  }
}

/** Without a plugin of the wanted version, Kafka knows neither its kind nor the converters beside it. */
function keysWithoutPlugin(plugin: KnownPlugin): Fields {
  const hidden = { visibleWhen: { field: 'name', in: [] } }
  return {
    ...commonKeys,
    ...versionKey(plugin),
    'key.converter.plugin.version': { ...commonKeys['key.converter.plugin.version'], ...hidden },
    'value.converter.plugin.version': { ...commonKeys['value.converter.plugin.version'], ...hidden },
    'header.converter.plugin.version': { ...commonKeys['header.converter.plugin.version'], ...hidden },
  }
}

const versionKey = (plugin: KnownPlugin): Fields => ({
  'connector.plugin.version': {
    ...commonKeys['connector.plugin.version'],
    default: plugin.version,
    recommended: [plugin.version],
  },
})

/** Converter keys with the worker's classes as defaults, the known classes to choose from, and the version that is meant. */
function withConverters(
  fields: Fields,
  config: ConnectorConfig,
  plugins: readonly KnownPlugin[],
  worker: WorkerFacts,
): Fields {
  const resolve = classResolver(plugins)
  for (const kind of ['key.converter', 'value.converter', 'header.converter'] as const) {
    const type = kind === 'header.converter' ? 'header_converter' : 'converter'
    const choices = plugins.filter((plugin) => plugin.type === type)
    const given = config[kind]?.trim() ?? worker.converters[kind]
    const [chosen] = given === undefined ? [] : pluginsNamed(choices, given)
    const key: Fields[string] = { ...commonKeys[kind], recommended: choices.map((choice) => choice.class).sort() }
    const version: Fields[string] = { ...commonKeys[`${kind}.plugin.version`] }
    fields[kind] = { ...key, default: worker.converters[kind] ?? null }
    fields[`${kind}.plugin.version`] = {
      ...version,
      ...(chosen && { default: chosen.version, recommended: [chosen.version] }),
      ...((given === undefined || resolve(given) === undefined) && { visibleWhen: { field: 'name', in: [] } }),
    }
  }
  return fields
}

function versionProblem(plugin: KnownPlugin, config: ConnectorConfig): string | undefined {
  return mismatch(plugin, config['connector.plugin.version'])
}

function mismatch(plugin: KnownPlugin, spec: string | null | undefined): string | undefined {
  const range = parseVersionSpec(spec)
  if (range === undefined || range.includes(plugin.version)) return undefined
  return `Plugin ${plugin.class} not found that matches the version range ${range.text}, available versions: [${plugin.version}]`
}

function embeddedVersionProblems(
  config: ConnectorConfig,
  plugins: readonly KnownPlugin[],
  keys: ReadonlyMap<string, EvaluatedKey>,
): Problem[] {
  return [...keys.keys()]
    .filter((key) => /^(transforms|predicates)\..*\.plugin\.version$/.test(key))
    .flatMap((key) => {
      const typeKey = key.replace(/plugin\.version$/, 'type')
      const [plugin] = pluginsNamed(plugins, config[typeKey]?.trim() ?? '')
      const message = plugin && mismatch(plugin, config[key])
      return message === undefined ? [] : [typeKey, key].map((field) => ({ field, message }))
    })
}

const strayInfo = (name: string, value: string | null, message: string): ConfigInfo => ({
  definition: null,
  value: { name, value, recommendedValues: [], errors: [message], visible: true },
})
