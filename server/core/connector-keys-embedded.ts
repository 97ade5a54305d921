import { type ConfigField, classOf, type Fields, flag, text } from '#server/contract/config-field.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { fitsVersion, type KnownPlugin, pluginsNamed } from '#server/core/plugin-lookup.ts'
import { chainAliases } from '#server/core/transform-chain.ts'

interface Kind {
  list: 'transforms' | 'predicates'
  type: 'transformation' | 'predicate'
  group: 'Transforms' | 'Predicates'
  label: 'Transformation' | 'Predicate'
  /** Keys that every plugin of the kind has besides its own. */
  extra: Fields
}

const kinds: readonly Kind[] = [
  {
    list: 'transforms',
    type: 'transformation',
    group: 'Transforms',
    label: 'Transformation',
    extra: {
      negate: flag({
        doc: 'Whether the configured predicate should be negated.',
        importance: 'medium',
        default: false,
      }),
      predicate: text({
        doc: 'The alias of a predicate used to determine whether to apply this transformation.',
        importance: 'medium',
        default: null,
      }),
    },
  },
  { list: 'predicates', type: 'predicate', group: 'Predicates', label: 'Predicate', extra: {} },
]

/** The keys that the transforms and predicates named in a config bring with them (Kafka: `ConnectorConfig.enrich`). */
export function embeddedKeys(config: ConnectorConfig, plugins: readonly KnownPlugin[]): Fields {
  const fields: Fields = {}
  for (const kind of kinds) {
    const choices = plugins.filter((plugin) => plugin.type === kind.type)
    for (const alias of chainAliases(config[kind.list]))
      Object.assign(fields, keysOfAlias(kind, alias, config, choices))
  }
  return fields
}

/** `transforms.mask.field` → `field`, for the keys that a plugin itself defined. */
export function shortName(key: string, config: ConnectorConfig): string {
  for (const kind of kinds) {
    for (const alias of chainAliases(config[kind.list])) {
      const prefix = `${kind.list}.${alias}.`
      const name = key.slice(prefix.length)
      if (key.startsWith(prefix) && name !== 'type' && name !== 'plugin.version') return name
    }
  }
  return key
}

function keysOfAlias(kind: Kind, alias: string, config: ConnectorConfig, choices: readonly KnownPlugin[]): Fields {
  const prefix = `${kind.list}.${alias}.`
  const [plugin] = pluginsNamed(choices, config[`${prefix}type`]?.trim() ?? '')
  const usable = plugin && fitsVersion(plugin, config[`${prefix}plugin.version`])
  const version = plugin ? { default: plugin.version, recommended: [plugin.version] } : { default: null }
  const described = [
    [
      'type',
      classOf({
        doc: `Class for the '${alias}' ${kind.type}.`,
        importance: 'high',
        checks: [{ check: 'class', of: kind.type }],
        width: 'LONG',
        displayName: `${kind.label} type for ${alias}`,
        recommended: choices.map((choice) => choice.class).sort(),
      }),
    ],
    [
      'plugin.version',
      text({
        doc: `Version of the '${alias}' ${kind.type}.`,
        importance: 'high',
        ...version,
        width: 'LONG',
        displayName: `${kind.label} version for ${alias}`,
      }),
    ],
    ...(usable ? sorted({ ...plugin?.fields, ...kind.extra }) : []),
  ] as const
  return Object.fromEntries(
    described.map(([name, field], order): [string, ConfigField] => {
      const group = `${kind.group}: ${alias}${field.group === undefined ? '' : `: ${field.group}`}`
      return [prefix + name, { ...field, displayName: field.displayName ?? name, group, order }]
    }),
  )
}

/** Kafka's `ConfigDef.sortedConfigs`: required keys first, then by importance and name. */
function sorted(fields: Fields): [string, ConfigField][] {
  const weight = { HIGH: 0, MEDIUM: 1, LOW: 2 }
  const required = (field: ConfigField) => (field.default === undefined ? 0 : 1)
  return Object.entries(fields).sort(
    ([a, x], [b, y]) => required(x) - required(y) || weight[x.importance] - weight[y.importance] || (a < b ? -1 : 1),
  )
}
