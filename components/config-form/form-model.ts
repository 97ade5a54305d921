import type { ConfigKeyInfo } from '#server/contract/config-field.ts'
import type { ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'
import { nearestKey } from '#server/contract/nearest-key.ts'

/** One field as it is drawn: its definition, what the config says, and what the validate answer says about that. */
export interface FormField {
  name: string
  definition: ConfigKeyInfo
  value: string | null | undefined
  recommended: string[]
  errors: string[]
  /** What is no error but should be looked at. */
  warning: string | undefined
  /** Folded away until it is asked for, set, or wrong. */
  advanced: boolean
}

export interface FormSection {
  id: string
  title: string
  fields: FormField[]
  errors: number
}

export interface FormModel {
  sections: FormSection[]
  /** Keys of the config that the plugin does not define: kept, shown, and told apart from typos. */
  others: { name: string; value: string | null; warning: string | undefined }[]
  /** Errors that belong to no field on the page. */
  loose: { name: string; message: string }[]
  /** What the cluster says of the connector's name, which has an input of its own. */
  nameErrors: string[]
  /** Fields to fix, the name left out. */
  errorCount: number
}

/**
 * Keys that are decided elsewhere: the class by the catalog, the name by its own input at the top, and whether a converter
 * is for keys, values or headers by the worker.
 */
const drawnElsewhere = new Set([
  'connector.class',
  'name',
  ...['key', 'value', 'header'].map((role) => `${role}.converter.converter.type`),
])

/**
 * Draws the form from the validate answer. The config map is the truth: whatever it holds that the answer does not
 * define ends in `others` and survives. Sections are rebuilt from every answer, because an answer may bring new fields.
 */
export function formModel(infos: ConfigInfos, config: ConnectorConfig): FormModel {
  const sections = new Map<string, FormField[]>()
  const loose: FormModel['loose'] = []
  const defined = new Set(drawnElsewhere)

  for (const { definition, value } of infos.configs) {
    if (!definition) {
      if (!(value.name in config)) for (const message of value.errors) loose.push({ name: value.name, message })
      continue
    }
    defined.add(definition.name)
    if (drawnElsewhere.has(definition.name) || !value.visible) {
      if (definition.name !== 'name') for (const message of value.errors) loose.push({ name: definition.name, message })
      continue
    }
    const given = Object.hasOwn(config, definition.name) ? config[definition.name] : undefined
    const group = definition.group ?? ''
    const fields = sections.get(group) ?? []
    sections.set(group, fields)
    fields.push({
      name: definition.name,
      definition,
      value: given,
      recommended: value.recommendedValues,
      errors: given === undefined && definition.required ? value.errors.map(plainMissing) : withoutEchoes(value.errors),
      warning: infos.warnings?.find(({ key }) => key === definition.name)?.message,
      advanced:
        !definition.required && definition.importance !== 'HIGH' && given === undefined && value.errors.length === 0,
    })
  }

  const drawn = [...sections].map(([group, fields]) => section(group, fields))
  const chain = chainOf(config)
  drawn.sort((a, b) => rank(b, chain) - rank(a, chain))
  const others = Object.entries(config).flatMap(([name, value]) =>
    defined.has(name) ? [] : [{ name, value, warning: warningOf(name, infos, defined) }],
  )
  const nameErrors = infos.configs.find(({ value }) => value.name === 'name')?.value.errors ?? []
  const errorCount = drawn.reduce((sum, { errors }) => sum + errors, 0) + loose.length
  return { sections: drawn, others, loose, nameErrors, errorCount }
}

function section(group: string, fields: FormField[]): FormSection {
  fields.sort((a, b) => fieldRank(b) - fieldRank(a) || a.definition.orderInGroup - b.definition.orderInGroup)
  return {
    id: `section-${group.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') || 'settings'}`,
    title: fields.every(({ name }) => ofConverter.test(name)) ? `Converters: ${group}` : (titles[group] ?? group),
    fields,
    errors: fields.filter((field) => field.errors.length > 0).length,
  }
}

/** Groups whose names in Kafka Connect are no words for a person. */
const titles: Readonly<Record<string, string>> = { '': 'Settings', 'offsets.topic': 'Offsets topic' }

/** The groups that Kafka Connect gives to every connector (`ConnectorConfig`, `SourceConnectorConfig`). */
const ofEveryConnector = new Set([
  'Common',
  'Transforms',
  'Predicates',
  'Error Handling',
  'Topic Creation',
  'Exactly Once Support',
  'Offsets topic',
])

const importanceRank = { HIGH: 2, MEDIUM: 1, LOW: 0 }
const fieldRank = ({ definition }: FormField) => (definition.required ? 10 : 0) + importanceRank[definition.importance]

/**
 * What the plugin itself brings comes first, of it what has to be filled in; then what every connector has, with converters,
 * transforms and predicates as they are applied. What is typed into a field moves no section but by a new alias.
 */
function rank({ title, fields }: FormSection, chain: readonly string[]): number {
  const high = fields.filter((field) => field.definition.importance === 'HIGH').length
  const own = !ofEveryConnector.has(title) && !fields.every(({ name }) => ofHelper.test(name))
  if (own) return 1_000 + (fields.some(({ definition }) => definition.required) ? 100 : 0) + high
  if (title === 'Common') return 900
  if (fields.every(({ name }) => ofConverter.test(name))) return 800
  return chain.includes(title) ? 700 - chain.indexOf(title) : high
}

/** The groups that Kafka Connect gives to transforms and predicates, in the order of the config. */
const chainOf = (config: ConnectorConfig): string[] =>
  (['Transforms', 'Predicates'] as const).flatMap((kind) => {
    const aliases = (config[kind.toLowerCase()] ?? '').split(',').map((alias) => alias.trim())
    return [kind, ...aliases.map((alias) => `${kind}: ${alias}`)]
  })

/** Settings of the converters, transforms and predicates that a connector is given. */
const ofHelper = /^(?:transforms|predicates|(?:key|value|header)\.converter)\./
const ofConverter = /^(?:key|value|header)\.converter\./

/** What the cluster says of a key that it does not define; a JVM cluster says nothing, and a typo is found all the same. */
function warningOf(name: string, { warnings }: ConfigInfos, defined: ReadonlySet<string>): string | undefined {
  if (warnings) return warnings.find(({ key }) => key === name)?.message
  const meant = nearestKey(name, defined)
  return meant === undefined ? undefined : `Not known to this plugin. Did you mean ${meant}?`
}

/** A value that could not be read is also said to be null: the first of the two says it better. */
function withoutEchoes(errors: string[]): string[] {
  const telling = errors.filter((message) => !message.startsWith('Invalid value null for configuration'))
  return telling.length > 0 ? telling : errors
}

/** Kafka's words for an absent value name the parser, not the person's next step. */
function plainMissing(message: string): string {
  return message.startsWith('Missing required configuration') || message.includes('has no default value')
    ? 'Required: please fill in.'
    : message
}
