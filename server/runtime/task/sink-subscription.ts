import { type AssignorName, readAssignmentStrategies } from '#server/contract/assignment-strategies.ts'
import type { TaskId } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { consumerFields, defaultNumber } from '#server/kafka/client-fields.ts'
import { type ResetPolicy, readResetPolicy } from '#server/kafka/reset-policy.ts'
import type { SinkConsumerOptions } from '#server/kafka/sink-consumer.ts'
import { compilePattern } from '#server/sdk/pattern.ts'

/**
 * What a sink's consumer is opened with: the connector's topics and group, and the client settings that the worker's
 * `consumer.` keys and the connector's `consumer.override.` keys say (KIP-458). Throws SETTING_INVALID.
 */
export function subscriptionOf(
  { connector: name, task }: TaskId,
  connector: Readonly<Record<string, string>>,
  worker: Readonly<Record<string, string>>,
): Omit<SinkConsumerOptions, 'hooks'> {
  const setting = (key: string) => connector[`consumer.override.${key}`] ?? worker[`consumer.${key}`]
  const number = (key: string, least = 0) => {
    const text = setting(key)
    return text === undefined ? undefined : wholeNumber(key, text, least)
  }
  const strategies = setting('partition.assignment.strategy')
  const instance = setting('group.instance.id')
  const optional = {
    groupInstanceId: instance === undefined ? undefined : instanceOf(instance, task),
    assignors: strategies === undefined ? undefined : assignorsOf(strategies),
    ...heartbeatsOf(number('session.timeout.ms'), number('heartbeat.interval.ms')),
    maxPollIntervalMs: number('max.poll.interval.ms', 1),
    createsTopics: booleanOf('allow.auto.create.topics', setting('allow.auto.create.topics')),
    maxPollRecords: number('max.poll.records', 1),
    rack: setting('client.rack'),
    checkCrcs: booleanOf('check.crcs', setting('check.crcs')),
    metadataMaxAgeMs: number('metadata.max.age.ms'),
    maxWaitMs: number('fetch.max.wait.ms'),
    minBytes: number('fetch.min.bytes'),
    maxBytes: number('fetch.max.bytes'),
    partitionMaxBytes: number('max.partition.fetch.bytes'),
  }
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return {
    ...given,
    groupId: setting('group.id') ?? `connect-${name}`,
    subscribe: topicsOf(connector, setting('exclude.internal.topics')),
    isolation: isolationOf(setting('isolation.level') ?? 'read_uncommitted'),
    resetPolicy: resetPolicyOf(setting('auto.offset.reset') ?? 'earliest'),
  }
}

/** Each task has one of its own: with one name for all Kafka's coordinator would throw out all but the last (KIP-345). */
function instanceOf(id: string, task: number): string {
  if (id.trim() === '')
    throw new ConnectError(
      'SETTING_INVALID',
      'Invalid value for configuration group.instance.id: String must be non-empty',
    )
  return task === 0 ? id : `${id}-${task}`
}

/** Under Kafka's session, for heartbeats that our shorter one would not outlast twice. */
const kafkasSessionMs = 45_000

/** Checked as Kafka does (`Heartbeat`): a member that is heard of too seldom would be thrown out without end. */
function heartbeatsOf(session: number | undefined, interval: number | undefined) {
  const intervalMs = interval ?? defaultNumber(consumerFields['heartbeat.interval.ms'])
  const ownSessionMs = defaultNumber(consumerFields['session.timeout.ms'])
  const sessionMs = session ?? (intervalMs * 2 > ownSessionMs ? kafkasSessionMs : ownSessionMs)
  if (intervalMs >= sessionMs) {
    throw invalid('heartbeat.interval.ms', `${intervalMs}`, 'Heartbeat must be set lower than the session timeout')
  }
  if (interval === undefined && session === undefined) return {}
  return { sessionTimeoutMs: sessionMs, heartbeatIntervalMs: intervalMs }
}

const invalid = (key: string, text: string, why: string) =>
  new ConnectError('SETTING_INVALID', `Invalid value ${text} for configuration ${key}: ${why}`)

function isolationOf(text: string): SinkConsumerOptions['isolation'] {
  if (text === 'read_committed' || text === 'read_uncommitted') return text
  throw invalid('isolation.level', text, 'String must be one of: read_committed, read_uncommitted')
}

function resetPolicyOf(text: string): ResetPolicy {
  const policy = readResetPolicy(text)
  if (policy) return policy
  const why = `it must be earliest, latest, none or of the format 'by_duration:<PnDTnHnMn.nS>'`
  throw invalid('auto.offset.reset', text, why)
}

function wholeNumber(key: string, text: string, least: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value)) throw invalid(key, text, 'it must be a whole number')
  if (value < least) throw invalid(key, text, `Value must be at least ${least}`)
  return value
}

function assignorsOf(strategies: string): AssignorName[] {
  const read = readAssignmentStrategies(strategies)
  if (read.ok) return read.assignors
  const problems = [{ field: 'partition.assignment.strategy', message: read.problem }]
  throw new ConnectError('SETTING_INVALID', read.problem, { problems })
}

function booleanOf(key: string, text: string | undefined): boolean | undefined {
  const word = text?.trim().toLowerCase()
  if (word === undefined || word === 'true' || word === 'false') return word === undefined ? undefined : word === 'true'
  throw invalid(key, `${text}`, 'Expected value to be either true or false')
}

function topicsOf(
  connector: Readonly<Record<string, string>>,
  excludesInternal: string | undefined,
): SinkConsumerOptions['subscribe'] {
  const listed = connector.topics?.split(',').map((topic) => topic.trim())
  const topics = listed?.filter((topic) => topic !== '') ?? []
  if (topics.length > 0) return { topics }
  const regex = connector['topics.regex']?.trim()
  if (!regex) return { topics: [] }
  const pattern = compilePattern(regex)
  const internalToo = booleanOf('exclude.internal.topics', excludesInternal) === false
  return { matches: (topic) => pattern.matches(topic), ...(internalToo && { internalToo }) }
}
