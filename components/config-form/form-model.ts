import { keysOfStep } from '#components/config-form/chain.ts'
import { type ChainSection, chainSections, followRenames } from '#components/config-form/chain-section.ts'
import type { FormField } from '#components/config-form/form-field.ts'
import type { ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'
import { nearestKey } from '#server/contract/nearest-key.ts'

export interface FieldSection {
  kind: 'fields'
  id: string
  title: string
  fields: FormField[]
  errors: number
}

export type FormSection = FieldSection | ChainSection

/** Every field of a section that can be drawn. */
export const fieldsOf = (section: FormSection): FormField[] =>
  section.kind === 'fields' ? section.fields : [section.list, ...section.steps.flatMap(({ fields }) => fields)]

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
export function formModel(answer: ConfigInfos, config: ConnectorConfig): FormModel {
  const infos = followRenames(answer, config)
  const sections = new Map<string, FormField[]>()
  const chained: FormField[] = []
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
    const fields = ofChain.test(definition.name) ? chained : (sections.get(group) ?? [])
    if (fields !== chained) sections.set(group, fields)
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

  const chains = chainSections(chained.sort(byWeight), config)
  const drawn = [...[...sections].map(([group, fields]) => section(group, fields)), ...chains]
  drawn.sort((a, b) => rank(b) - rank(a))
  for (const key of awaitedKeys(chains, config)) defined.add(key)
  const others = Object.entries(config).flatMap(([name, value]) =>
    defined.has(name) ? [] : [{ name, value, warning: warningOf(name, infos, defined) }],
  )
  const nameErrors = infos.configs.find(({ value }) => value.name === 'name')?.value.errors ?? []
  const errorCount = drawn.reduce((sum, { errors }) => sum + errors, 0) + loose.length
  return { sections: drawn, others, loose, nameErrors, errorCount }
}

/** Keys of steps whose settings the answer does not tell yet: nobody knows whether they are known. */
const awaitedKeys = (chains: readonly ChainSection[], config: ConnectorConfig): string[] =>
  chains.flatMap(({ kind, steps }) =>
    steps.flatMap(({ alias, pending }) => (pending ? keysOfStep(config, kind, alias) : [])),
  )

function section(group: string, fields: FormField[]): FieldSection {
  fields.sort(byWeight)
  return {
    kind: 'fields',
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
  'Error Handling',
  'Topic Creation',
  'Exactly Once Support',
  'Offsets topic',
])

const importanceRank = { HIGH: 2, MEDIUM: 1, LOW: 0 }
const fieldRank = ({ definition }: FormField) => (definition.required ? 10 : 0) + importanceRank[definition.importance]
const byWeight = (a: FormField, b: FormField) =>
  fieldRank(b) - fieldRank(a) || a.definition.orderInGroup - b.definition.orderInGroup

/**
 * What the plugin itself brings comes first, of it what has to be filled in; then what every connector has, with converters,
 * transforms and predicates in front. What is typed into a field moves no section.
 */
function rank(section: FormSection): number {
  if (section.kind !== 'fields') return section.kind === 'transforms' ? 700 : 699
  const { title, fields } = section
  const high = fields.filter((field) => field.definition.importance === 'HIGH').length
  const isOfConverters = fields.every(({ name }) => ofConverter.test(name))
  if (!ofEveryConnector.has(title) && !isOfConverters) {
    return 1_000 + (fields.some(({ definition }) => definition.required) ? 100 : 0) + high
  }
  if (title === 'Common') return 900
  return isOfConverters ? 800 : high
}

const ofChain = /^(?:transforms|predicates)(?:\.|$)/
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
