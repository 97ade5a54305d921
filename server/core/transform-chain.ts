import { ConnectError } from '#server/contract/errors.ts'
import { parseValue } from '#server/core/config-def-value.ts'

/** A transform or predicate as a connector's config names it, with its own settings. */
export interface ChainPlugin {
  alias: string
  /** A class, or an alias of one; empty when the config says none. */
  class: string
  /** Its keys without the prefix. */
  config: Record<string, string>
}

/** One step of the chain: a transform, and when it is applied. */
export interface ChainStep extends ChainPlugin {
  /** Applied when the predicate's answer is not `negate`; absent: to every record. */
  predicate?: ChainPlugin & { negate: boolean }
}

type Config = Readonly<Record<string, string>>

/** The transforms of a connector in the order of `transforms` (Kafka: `ConnectorConfig.transformationStages`). Throws CONFIG_INVALID. */
export function transformChain(config: Config): ChainStep[] {
  const predicates = pluginsListed(config, 'predicates')
  return pluginsListed(config, 'transforms').map((step) => {
    const { predicate: alias, negate } = step.config
    const prefix = `transforms.${step.alias}`
    if (alias === undefined && negate !== undefined) {
      throw new ConnectError(
        'CONFIG_INVALID',
        `Config '${prefix}.negate' was provided but there is no config '${prefix}.predicate' defining a predicate to be negated.`,
      )
    }
    if (alias === undefined) return step
    const predicate = predicates.find((listed) => listed.alias === alias.trim())
    if (!predicate) {
      const message = `Invalid value ${alias} for configuration ${prefix}.predicate: There is no predicate of this alias in 'predicates'.`
      throw new ConnectError('CONFIG_INVALID', message, { problems: [{ field: `${prefix}.predicate`, message }] })
    }
    return { ...step, predicate: { ...predicate, negate: negate?.trim().toLowerCase() === 'true' } }
  })
}

/** What a `transforms` or `predicates` list names, in its order. */
export function pluginsListed(config: Config, list: 'transforms' | 'predicates'): ChainPlugin[] {
  return chainAliases(config[list]).map((alias) => {
    const own = keysUnder(config, `${list}.${alias}.`)
    return { alias, class: own.type?.trim() ?? '', config: own }
  })
}

/** The aliases of a list, each once. */
export function chainAliases(list: string | null | undefined): string[] {
  const parsed = typeof list === 'string' ? parseValue('LIST', list) : undefined
  return parsed?.ok && Array.isArray(parsed.value) ? [...new Set<string>(parsed.value)] : []
}

function keysUnder(config: Config, prefix: string): Record<string, string> {
  const own: Record<string, string> = Object.create(null)
  for (const [key, value] of Object.entries(config)) if (key.startsWith(prefix)) own[key.slice(prefix.length)] = value
  return own
}
