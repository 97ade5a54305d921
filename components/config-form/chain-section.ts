import { aliasesOf, askersOf, type ChainKind, chainKinds, predicateOf, stepOf } from '#components/config-form/chain.ts'
import type { FormField } from '#components/config-form/form-field.ts'
import type { ConfigInfo, ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'

/** One transform or predicate as it is drawn. */
export interface ChainStep {
  alias: string
  class: string
  /** Nothing is known of its settings yet: the answer is on its way. */
  pending: boolean
  /** Its settings; `predicate` and `negate` are one choice and stand apart. */
  fields: FormField[]
  /** What is wrong with that choice. The cluster finds it out only when the connector starts. */
  predicateErrors: string[]
  warning: string | undefined
  /** Of a predicate: the transforms that ask for it. */
  askers: string[]
  errors: number
}

/** The transforms or the predicates of a connector, in the order of the config. */
export interface ChainSection {
  kind: ChainKind
  id: string
  title: string
  /** The list itself, to be mended as text where it is wrong. */
  list: FormField
  steps: ChainStep[]
  errors: number
}

const titles: Record<ChainKind, string> = { transforms: 'Transforms', predicates: 'Predicates' }

/** @param fields everything that the answer defines */
export function chainSections(fields: readonly FormField[], config: ConnectorConfig): ChainSection[] {
  return chainKinds.flatMap((kind) => {
    const list = fields.find(({ name }) => name === kind)
    if (!list) return []
    const aliases = aliasesOf(config, kind)
    const ofStep = Map.groupBy(fields, ({ name }) => stepOf(name, kind, aliases))
    const steps = aliases.map((alias) => stepFrom(kind, alias, ofStep.get(alias) ?? [], config))
    const errors = steps.reduce((sum, step) => sum + step.errors, list.errors.length > 0 ? 1 : 0)
    return [{ kind, id: `section-${kind}`, title: titles[kind], list, steps, errors }]
  })
}

function stepFrom(kind: ChainKind, alias: string, all: readonly FormField[], config: ConnectorConfig): ChainStep {
  const prefix = `${kind}.${alias}.`
  const isChoice = ({ name }: FormField) =>
    kind === 'transforms' && (name === `${prefix}predicate` || name === `${prefix}negate`)
  const fields = all.filter((field) => !isChoice(field)).map((field) => withoutHead(field, prefix))
  const pluginClass = config[`${prefix}type`]?.trim() ?? ''
  const predicateErrors = [
    ...all.filter(isChoice).flatMap(({ errors }) => errors),
    ...(kind === 'transforms' ? predicateProblems(config, alias) : []),
  ]
  return {
    alias,
    class: pluginClass,
    pending: all.length === 0,
    fields,
    predicateErrors,
    warning: kind === 'transforms' ? warningOf(pluginClass, config, alias) : undefined,
    askers: kind === 'predicates' ? askersOf(config, alias) : [],
    errors: fields.filter(({ errors }) => errors.length > 0).length + (predicateErrors.length > 0 ? 1 : 0),
  }
}

/** The head of a step says its class; the setting is there for who wants another one, and in sight when it is wrong. */
const withoutHead = (field: FormField, prefix: string): FormField =>
  field.name === `${prefix}type` || field.name === `${prefix}plugin.version`
    ? { ...field, advanced: field.errors.length === 0 && (field.value === undefined || field.name.endsWith('.type')) }
    : field

/** What Kafka Connect throws when the connector starts (`ConnectorConfig.transformationStages`). */
function predicateProblems(config: ConnectorConfig, alias: string): string[] {
  const { predicate } = predicateOf(config, alias)
  if (predicate !== undefined) {
    return aliasesOf(config, 'predicates').includes(predicate) ? [] : [`There is no predicate called ${predicate}.`]
  }
  return Object.hasOwn(config, `transforms.${alias}.negate`) ? ['negate is set, but no predicate to negate.'] : []
}

const warningOf = (pluginClass: string, config: ConnectorConfig, alias: string): string | undefined =>
  pluginClass === 'org.apache.kafka.connect.transforms.Filter' && predicateOf(config, alias).predicate === undefined
    ? 'It drops every record: choose a predicate that says which.'
    : undefined

/**
 * A step keeps its settings in sight while its new alias is on its way: what the answer says of a step of the same class
 * that the config does not have any more is meant for it.
 */
export function followRenames(infos: ConfigInfos, config: ConnectorConfig): ConfigInfos {
  const known = new Map(infos.configs.map((info) => [info.value.name, info]))
  const moves = chainKinds.flatMap((kind) => {
    const aliases = aliasesOf(config, kind)
    return aliases
      .filter((alias) => !known.has(`${kind}.${alias}.type`))
      .flatMap((alias) => {
        const gone = goneAliases(infos, kind, aliases)
        const pluginClass = config[`${kind}.${alias}.type`]
        const from = gone.find((each) => known.get(`${kind}.${each}.type`)?.value.value === pluginClass)
        return from === undefined ? [] : [{ kind, from, to: alias, aliases: [...aliases, from] }]
      })
  })
  const followed = (info: ConfigInfo): ConfigInfo => {
    const move = moves.find(({ kind, from, aliases }) => stepOf(info.value.name, kind, aliases) === from)
    if (!move) return info
    const name = `${move.kind}.${move.to}.${info.value.name.slice(`${move.kind}.${move.from}.`.length)}`
    return {
      definition: info.definition && { ...info.definition, name },
      value: { ...info.value, name },
    }
  }
  return moves.length === 0 ? infos : { ...infos, configs: infos.configs.map(followed) }
}

const goneAliases = (infos: ConfigInfos, kind: ChainKind, aliases: readonly string[]): string[] =>
  infos.configs.flatMap(({ value: { name } }) => {
    const alias = name.startsWith(`${kind}.`) && name.endsWith('.type') ? name.slice(kind.length + 1, -5) : undefined
    return alias === undefined || aliases.includes(alias) ? [] : [alias]
  })
