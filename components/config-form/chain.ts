import type { ConnectorConfig } from '#server/contract/connector.ts'

/** The two lists of aliases in a connector's config; the keys of each alias stand under `transforms.<alias>.` and `predicates.<alias>.`. */
export const chainKinds = ['transforms', 'predicates'] as const
export type ChainKind = (typeof chainKinds)[number]

/*
 * Every change takes a config and returns another: it touches the list and the keys of one step, and leaves every other key
 * with its value and its place.
 */

/** The aliases in the order of the list, as Kafka reads it; one that stands there twice counts once. */
export function aliasesOf(config: ConnectorConfig, kind: ChainKind): string[] {
  const aliases = (config[kind] ?? '').split(',').map((alias) => alias.trim())
  return [...new Set(aliases.filter((alias) => alias !== ''))]
}

/** The step that a key belongs to. Aliases may hold dots, so of several that fit the longest is meant. */
export function stepOf(key: string, kind: ChainKind, aliases: readonly string[]): string | undefined {
  return aliases
    .filter((alias) => key.startsWith(`${kind}.${alias}.`))
    .reduce<string | undefined>((best, alias) => (alias.length > (best?.length ?? -1) ? alias : best), undefined)
}

export function keysOfStep(config: ConnectorConfig, kind: ChainKind, alias: string): string[] {
  const aliases = aliasesOf(config, kind)
  return Object.keys(config).filter((key) => stepOf(key, kind, aliases) === alias)
}

/** The new step is the last; its keys stand behind those of its kind. */
export function addStep(config: ConnectorConfig, kind: ChainKind, alias: string, pluginClass: string): ConnectorConfig {
  const list = [kind, [...aliasesOf(config, kind), alias].join(',')] as const
  const listed = Object.hasOwn(config, kind)
  const entries = Object.entries(config).map(([key, value]) => (key === kind ? list : ([key, value] as const)))
  const behind = entries.findLastIndex(([key]) => key === kind || key.startsWith(`${kind}.`)) + 1 || entries.length
  const added = [...(listed ? [] : [list]), [`${kind}.${alias}.type`, pluginClass] as const]
  return Object.fromEntries(entries.toSpliced(behind, 0, ...added))
}

/** The step goes with its keys; a list that becomes empty goes too. Transforms that ask for a removed predicate are left as they are. */
export function removeStep(config: ConnectorConfig, kind: ChainKind, alias: string): ConnectorConfig {
  const removed = new Set(keysOfStep(config, kind, alias))
  const left = aliasesOf(config, kind).filter((each) => each !== alias)
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      if (key === kind) return left.length > 0 ? [[key, left.join(',')]] : []
      return removed.has(key) ? [] : [[key, value]]
    }),
  )
}

/**
 * Takes back a removal: what went returns to where it stood in `before`, and what was changed since then stays. A config in
 * which nothing was changed is `before` again, to the letter.
 */
export function putStepBack(
  config: ConnectorConfig,
  kind: ChainKind,
  alias: string,
  before: ConnectorConfig,
): ConnectorConfig {
  if (isSame(config, removeStep(before, kind, alias))) return before
  const aliases = aliasesOf(config, kind)
  if (aliases.includes(alias)) return config
  const list = aliases.toSpliced(aliasesOf(before, kind).indexOf(alias), 0, alias).join(',')
  const returning = new Set(keysOfStep(before, kind, alias))
  const order = [...new Set([...Object.keys(before), ...Object.keys(config)])]
  return Object.fromEntries(
    order.flatMap((key): [string, string | null][] => {
      if (key === kind) return [[key, list]]
      if (Object.hasOwn(config, key)) return [[key, config[key] ?? null]]
      return returning.has(key) ? [[key, before[key] ?? null]] : []
    }),
  )
}

const isSame = (a: ConnectorConfig, b: ConnectorConfig) =>
  JSON.stringify(Object.entries(a)) === JSON.stringify(Object.entries(b))

/** Puts a step at another place of the list, counted from 0; its keys stay where they are. */
export function moveStep(config: ConnectorConfig, kind: ChainKind, alias: string, to: number): ConnectorConfig {
  const others = aliasesOf(config, kind).filter((each) => each !== alias)
  return withValue(config, kind, others.toSpliced(to, 0, alias).join(','))
}

/** Another alias for a step, which `aliasProblem` has nothing against; transforms that ask for a predicate follow it. */
export function renameStep(config: ConnectorConfig, kind: ChainKind, from: string, to: string): ConnectorConfig {
  const own = new Set(keysOfStep(config, kind, from))
  const asking = new Set(kind === 'predicates' ? askersOf(config, from).map(predicateKey) : [])
  const list = aliasesOf(config, kind).map((alias) => (alias === from ? to : alias))
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (key === kind) return [key, list.join(',')]
      if (own.has(key)) return [`${kind}.${to}.${key.slice(`${kind}.${from}.`.length)}`, value]
      return [key, asking.has(key) ? to : value]
    }),
  )
}

/** Why a step cannot be called that; undefined when it can. */
export function aliasProblem(config: ConnectorConfig, kind: ChainKind, alias: string): string | undefined {
  if (alias === '') return 'Give it a name.'
  if (!/^[\w-]+$/.test(alias)) return 'Use letters, digits, dashes and underscores.'
  if (aliasesOf(config, kind).includes(alias)) return `There is another one called ${alias}.`
  // Left behind by somebody, or those of an alias with a dot in it: they would become settings of this step.
  const taken = Object.keys(config).find((key) => key.startsWith(`${kind}.${alias}.`))
  return taken === undefined ? undefined : `The config has a key ${taken} already, which is of something else.`
}

/** An alias that says what the step does: `org.apache.kafka.connect.transforms.MaskField$Value` → `maskField`, then `maskField2`. */
export function aliasFor(config: ConnectorConfig, kind: ChainKind, pluginClass: string): string {
  const { title, of } = stepTitle(pluginClass)
  const plain = title.replaceAll(/[^\w-]/g, '') || kind.slice(0, -1)
  const name = `${plain.charAt(0).toLowerCase()}${plain.slice(1)}${of === 'key' ? 'Key' : ''}`
  let alias = name
  for (let number = 2; aliasProblem(config, kind, alias) !== undefined; number++) alias = `${name}${number}`
  return alias
}

/** How a class is called among people: Kafka has most transforms twice, for the key and for the value of a record. */
export function stepTitle(pluginClass: string): { title: string; of: 'key' | 'value' | undefined } {
  const simple = pluginClass.slice(pluginClass.lastIndexOf('.') + 1)
  const [, title = simple, half] = /^(.+)\$(Key|Value)$/.exec(simple) ?? []
  return { title, of: half === 'Key' ? 'key' : half === 'Value' ? 'value' : undefined }
}

const predicateKey = (alias: string) => `transforms.${alias}.predicate`
const negateKey = (alias: string) => `transforms.${alias}.negate`

/** The predicate that a transform asks, and whether it is applied where that is false. */
export function predicateOf(
  config: ConnectorConfig,
  alias: string,
): { predicate: string | undefined; negate: boolean } {
  const predicate = config[predicateKey(alias)]?.trim()
  return {
    predicate: predicate === '' ? undefined : predicate,
    negate: config[negateKey(alias)]?.trim().toLowerCase() === 'true',
  }
}

/** The transforms that ask for a predicate. */
export const askersOf = (config: ConnectorConfig, predicate: string): string[] =>
  aliasesOf(config, 'transforms').filter((alias) => predicateOf(config, alias).predicate === predicate)

/** Applies a transform where a predicate holds, or where it does not; undefined: to every record. */
export function applyWhere(
  config: ConnectorConfig,
  alias: string,
  wanted: { predicate: string; negate: boolean } | undefined,
): ConnectorConfig {
  if (!wanted) return without(without(config, predicateKey(alias)), negateKey(alias))
  const asked = withStepValue(config, alias, predicateKey(alias), wanted.predicate)
  if (predicateOf(asked, alias).negate === wanted.negate) return asked
  return wanted.negate ? withStepValue(asked, alias, negateKey(alias), 'true') : without(asked, negateKey(alias))
}

/** A new key of a transform stands behind its others. */
function withStepValue(config: ConnectorConfig, alias: string, key: string, value: string): ConnectorConfig {
  if (Object.hasOwn(config, key)) return withValue(config, key, value)
  const last = keysOfStep(config, 'transforms', alias).at(-1) ?? 'transforms'
  return Object.fromEntries(
    Object.entries(config).flatMap((entry) => (entry[0] === last ? [entry, [key, value]] : [entry])),
  )
}

const withValue = (config: ConnectorConfig, key: string, value: string): ConnectorConfig =>
  Object.fromEntries(Object.entries(config).map((entry) => (entry[0] === key ? [key, value] : entry)))

const without = (config: ConnectorConfig, key: string): ConnectorConfig =>
  Object.fromEntries(Object.entries(config).filter(([name]) => name !== key))
