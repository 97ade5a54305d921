import { readAssignmentStrategies } from '#server/contract/assignment-strategies.ts'
import type { ConfigInfo, ConnectorConfig } from '#server/contract/connector.ts'
import { describeField } from '#server/core/config-def.ts'
import { parseValue } from '#server/core/config-def-value.ts'
import { clientKeys } from '#server/core/connector-keys-clients.ts'

/** Which client settings a connector may override (KIP-458, KIP-1188). */
export const overridePolicies = ['All', 'None', 'Principal', 'Allowlist'] as const
export type OverridePolicy = (typeof overridePolicies)[number]

export interface OverrideRules {
  policy: OverridePolicy
  /** Keys without prefix, for the policy `Allowlist`. */
  allowlist: readonly string[]
}

const principalKeys = ['sasl.jaas.config', 'sasl.mechanism', 'security.protocol']

/** Entries of the validate answer for the client overrides in a config; only those of clients that the connector uses. */
export function validateOverrides(
  config: ConnectorConfig,
  type: 'source' | 'sink',
  rules: OverrideRules,
): ConfigInfo[] {
  return clientsOf(config, type).flatMap((prefix) =>
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => overrideInfo(prefix, key, value, rules)),
  )
}

function overrideInfo(prefix: string, key: string, value: string | null, rules: OverrideRules): ConfigInfo {
  const name = key.slice(prefix.length)
  const field = Object.hasOwn(clientKeys[prefix] ?? {}, name) ? clientKeys[prefix]?.[name] : undefined
  const parsed = field && value !== null ? parseValue(field.type, value) : undefined
  return {
    definition: field ? { ...describeField(name, field), name: key } : null,
    value: {
      name: key,
      value: parsed?.ok ? parsed.text : value,
      recommendedValues: [],
      errors: allows(rules, name)
        ? problemsOf(prefix + name, value)
        : [`The '${rules.policy}' policy does not allow '${name}' to be overridden in the connector configuration.`],
      visible: true,
    },
  }
}

/** What no client here could do; Kafka Connect finds out when the task starts. */
function problemsOf(key: string, value: string | null): string[] {
  if (key !== 'consumer.override.partition.assignment.strategy' || value === null) return []
  const read = readAssignmentStrategies(value)
  return read.ok ? [] : [read.problem]
}

function allows({ policy, allowlist }: OverrideRules, name: string): boolean {
  switch (policy) {
    case 'All':
      return true
    case 'None':
      return false
    case 'Principal':
      return principalKeys.includes(name)
    case 'Allowlist':
      return allowlist.includes(name)
  }
}

/** Kafka: `AbstractHerder.connectorUsesProducer`, `…Consumer`, `…Admin`. */
function clientsOf(config: ConnectorConfig, type: 'source' | 'sink'): string[] {
  if (type === 'source') {
    const createsTopics = Object.keys(config).some((key) => key.startsWith('topic.creation.'))
    return createsTopics ? ['producer.override.', 'admin.override.'] : ['producer.override.']
  }
  const deadLetters = (config['errors.deadletterqueue.topic.name'] ?? '').trim() !== ''
  return deadLetters ? ['producer.override.', 'admin.override.', 'consumer.override.'] : ['consumer.override.']
}
