import type { ConnectorConfig } from '#server/contract/connector.ts'
import type { Problem } from '#server/contract/errors.ts'
import { compilePattern } from '#server/sdk/pattern.ts'

/** What cross-field checks of connectors need to know of the worker and the plugin. */
export interface CrossFacts {
  /** Null for a worker without a group. */
  groupId: string | null
  exactlyOnceEnabled: boolean
  support?: SourceSupport
}

/** What a source says of itself with the config at hand (KIP-618); null where its answer was none. */
export interface SourceSupport {
  exactlyOnce?: Answer | undefined
  boundaries?: Answer | undefined
}

/** `failed`: the hook threw that; `unknown`: what it answered means nothing, in words. */
type Answer = 'SUPPORTED' | 'UNSUPPORTED' | null | { failed: string } | { unknown: string }

/** Errors that lie between keys of a sink (Kafka: `SinkConnectorConfig.validate`, `DistributedHerder.validateSinkConnectorGroupId`). */
export function sinkProblems(config: ConnectorConfig, { groupId }: CrossFacts): Problem[] {
  return [...topicProblems(config), ...groupProblems(config, groupId)]
}

function topicProblems(config: ConnectorConfig): Problem[] {
  const topics = listOf(config.topics)
  const regex = (config['topics.regex'] ?? '').trim()
  const hasTopics = (config.topics ?? '').trim() !== ''
  if (hasTopics && regex !== '') {
    return both('topics and topics.regex are mutually exclusive options, but both are set.')
  }
  if (!hasTopics && regex === '') return both('Must configure one of topics or topics.regex')

  const deadLetters = (config['errors.deadletterqueue.topic.name'] ?? '').trim()
  if (deadLetters === '') return []
  if (topics.includes(deadLetters)) {
    const message = `The DLQ topic '${deadLetters}' may not be included in the list of topics ('topics=[${topics.join(', ')}]') consumed by the connector`
    return [{ field: 'topics', message }]
  }
  if (regex !== '' && matchesWhole(regex, deadLetters)) {
    const message = `The DLQ topic '${deadLetters}' may not be matched by the regex for the topics ('topics.regex=${regex}') consumed by the connector`
    return [{ field: 'topics.regex', message }]
  }
  return []
}

function groupProblems(config: ConnectorConfig, groupId: string | null): Problem[] {
  const own = config['consumer.override.group.id']
  if (own !== undefined && own !== null) {
    const message = `Consumer group ${own} conflicts with Connect worker group ${groupId}`
    return own === groupId ? [{ field: 'consumer.override.group.id', message }] : []
  }
  const name = config.name ?? ''
  const message = `Consumer group for sink connector named ${name} conflicts with Connect worker group ${groupId}`
  return `connect-${name}` === groupId ? [{ field: 'name', message }] : []
}

/** Errors that lie between a source's keys and what worker and plugin can do (KIP-618). */
export function sourceProblems(config: ConnectorConfig, facts: CrossFacts): Problem[] {
  const problems: Problem[] = []
  if ((config['exactly.once.support'] ?? '').trim().toLowerCase() === 'required') {
    const message = exactlyOnceProblem(facts)
    if (message !== undefined) problems.push({ field: 'exactly.once.support', message })
  }
  if ((config['transaction.boundary'] ?? '').trim().toLowerCase() === 'connector') {
    const message = boundaryProblem(facts.support?.boundaries)
    if (message !== undefined) problems.push({ field: 'transaction.boundary', message })
  }
  return problems
}

/** Whether a config asks for what only the plugin can answer. */
export const asksForSupport = (config: ConnectorConfig): boolean =>
  (config['exactly.once.support'] ?? '').trim().toLowerCase() === 'required' ||
  (config['transaction.boundary'] ?? '').trim().toLowerCase() === 'connector'

function boundaryProblem(answer: Answer | undefined): string | undefined {
  if (answer === 'SUPPORTED') return undefined
  if (isNone(answer)) return whyNone(answer)
  return answer === null
    ? "This connector has returned a null value from its canDefineTransactionBoundaries method, which is not permitted. The connector will be treated as if it cannot define its own transaction boundaries, and cannot be configured with 'transaction.boundary' set to 'connector'."
    : 'The connector does not support connector-defined transaction boundaries with the given configuration. Please reconfigure it to use a different transaction boundary definition.'
}

type NoAnswer = Extract<Answer, object>
const isNone = (answer: Answer | undefined): answer is NoAnswer => typeof answer === 'object' && answer !== null
const whyNone = (answer: NoAnswer) => ('failed' in answer ? unexpected(answer.failed) : answer.unknown)

const unexpected = (message: string) =>
  `An unexpected error occurred during validation${message ? `: ${message.trim()}` : '.'}`

function exactlyOnceProblem({ exactlyOnceEnabled, support }: CrossFacts): string | undefined {
  if (!exactlyOnceEnabled) return 'This worker does not have exactly-once source support enabled.'
  const exactlyOnce = support?.exactlyOnce
  if (exactlyOnce === 'SUPPORTED') return undefined
  if (isNone(exactlyOnce)) return whyNone(exactlyOnce)
  return exactlyOnce === 'UNSUPPORTED'
    ? 'The connector does not support exactly-once semantics with the provided configuration.'
    : 'The connector does not implement the API required for preflight validation of exactly-once source support. Please consult the documentation for the connector to determine whether it supports exactly-once semantics, and then consider reconfiguring the connector to use the value "requested" for this property (which will disable this preflight check and allow the connector to be created).'
}

const both = (message: string): Problem[] => ['topics', 'topics.regex'].map((field) => ({ field, message }))

const listOf = (text: string | null | undefined): string[] => {
  const trimmed = (text ?? '').trim()
  return trimmed === '' ? [] : trimmed.split(/\s*,\s*/)
}

function matchesWhole(regex: string, text: string): boolean {
  try {
    return compilePattern(regex).matches(text)
  } catch {
    // An unreadable pattern is reported on its own key.
    return false
  }
}
