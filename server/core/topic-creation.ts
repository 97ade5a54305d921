import { ConnectError } from '#server/contract/errors.ts'
import { parseValue } from '#server/core/config-def-value.ts'
import { compilePattern } from '#server/sdk/pattern.ts'

/** How a source's new topics are made (KIP-158; Kafka: `TopicCreationGroup`). */
export interface TopicCreationGroup {
  name: string
  /** Whether a topic is made as this group says; the whole name has to match, and what is excluded is not included. */
  matches(topic: string): boolean
  /** -1: the broker's default. */
  partitions: number
  /** -1: the broker's default. */
  replicationFactor: number
  /** Settings of the topic. */
  config: Readonly<Record<string, string>>
}

type Config = Readonly<Record<string, string>>

const prefix = 'topic.creation.'
const defaultGroup = 'default'

/**
 * The groups that a connector's config asks for, in the order in which they are tried; the last one takes every topic.
 * Undefined when it has no `topic.creation.` key at all, and then topics are made as the broker makes them. Throws
 * CONFIG_INVALID in Kafka's words.
 */
export function topicCreationGroups(config: Config): TopicCreationGroup[] | undefined {
  if (!Object.keys(config).some((key) => key.startsWith(prefix))) return undefined
  const base = groupOf(config, defaultGroup, { topics: ['.*'] })
  const listed = new Set(listOf(config, `${prefix}groups`))
  listed.delete(defaultGroup)
  return [...[...listed].map((name) => groupOf(config, name, { topics: [], base })), base]
}

/** The group that says how a topic is made. */
export function groupFor(groups: readonly TopicCreationGroup[], topic: string): TopicCreationGroup {
  const found = groups.find((group) => group.matches(topic))
  if (!found) throw new ConnectError('CONFIG_INVALID', `No topic creation group takes ${topic}`)
  return found
}

function groupOf(
  config: Config,
  name: string,
  otherwise: { topics: readonly string[]; base?: TopicCreationGroup },
): TopicCreationGroup {
  const { base } = otherwise
  const key = (setting: string) => `${prefix}${name}.${setting}`
  const replicationFactor = count(config, key('replication.factor'), 'SHORT', base?.replicationFactor)
  const partitions = count(config, key('partitions'), 'INT', base?.partitions)
  const given = config[key('include')] === undefined ? otherwise.topics : listOf(config, key('include'))
  // The default group takes whatever no other one does.
  const included = anyOf(key('include'), base ? given : otherwise.topics)
  const excluded = anyOf(key('exclude'), base ? listOf(config, key('exclude')) : [])
  const own = new Set(['include', 'exclude', 'replication.factor', 'partitions'].map(key))
  const others = Object.entries(config).filter(([each]) => each.startsWith(key('')) && !own.has(each))
  return {
    name,
    matches: (topic) => included(topic) && !excluded(topic),
    partitions,
    replicationFactor,
    config: Object.fromEntries(others.map(([each, value]) => [each.slice(key('').length), value])),
  }
}

const complaints = {
  SHORT:
    "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default",
  INT: "Number of partitions must be positive, or -1 to use the broker's default",
}

function count(config: Config, key: string, type: 'SHORT' | 'INT', otherwise: number | undefined): number {
  const raw = config[key]
  if (raw === undefined) {
    if (otherwise !== undefined) return otherwise
    throw invalid(key, `Missing required configuration "${key}" which has no default value.`)
  }
  const parsed = parseValue(type, raw)
  const why = !parsed.ok ? parsed.message : isCount(Number(parsed.value)) ? undefined : complaints[type]
  if (!parsed.ok || why !== undefined) throw invalid(key, `Invalid value ${raw} for configuration ${key}: ${why}`)
  return Number(parsed.value)
}

const isCount = (value: number) => value === -1 || value >= 1

function listOf(config: Config, key: string): string[] {
  const parsed = parseValue('LIST', config[key] ?? '')
  return parsed.ok ? (parsed.value as string[]) : []
}

/** Each pattern on its own, so that none can open a group that another one closes. */
function anyOf(key: string, regexes: readonly string[]): (topic: string) => boolean {
  const patterns = regexes.map((regex) => {
    try {
      return compilePattern(regex)
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error
      throw invalid(key, `Invalid value ${regex} for configuration ${key}: ${error.message}`)
    }
  })
  return (topic) => patterns.some((pattern) => pattern.matches(topic))
}

const invalid = (field: string, message: string) =>
  new ConnectError('CONFIG_INVALID', message, { problems: [{ field, message }] })
