import type { PasswordKeys } from '#server/console/password-keys.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { isSecret } from '#server/contract/secret-values.ts'
import type { ShownBytes, TopicRecord } from '#server/contract/topics.ts'

const hidden = '[hidden]'
/** Where the config topic keeps configs (Kafka: `KafkaConfigBackingStore`). */
const configKey = /^(connector|task)-/
/** The key that signs requests between workers. */
const sessionKey = 'session-key'

/**
 * Records as the browser may see them (S-06): whoever may read topics may read the config topic, but no secret in it. What
 * cannot be looked through, because only its beginning is shown, is not shown.
 */
export const withoutSecrets = (records: readonly TopicRecord[], passwordKeys: PasswordKeys): Promise<TopicRecord[]> =>
  Promise.all(records.map((record) => withoutSecretsOf(record, passwordKeys)))

async function withoutSecretsOf(record: TopicRecord, passwordKeys: PasswordKeys): Promise<TopicRecord> {
  const { key, value } = record
  const name = key && plainOf(key)
  if (!name || !value || !(configKey.test(name) || name === sessionKey)) return record
  if (value.truncated) return { ...record, value: { ...value, text: hidden, format: 'text' } }
  const json = parsed(plainOf(value))
  if (name === sessionKey) {
    return typeof json?.key === 'string' ? { ...record, value: shown({ ...json, key: hidden }, value) } : record
  }
  const properties = json?.properties
  if (typeof properties !== 'object' || properties === null) return record
  const config = properties as ConnectorConfig
  const isPassword = await passwordKeys(config)
  const secret = ([key, text]: [string, string | null]) => typeof text === 'string' && isSecret(key, text, isPassword)
  const entries = Object.entries(config)
  if (!entries.some(secret)) return record
  const masked = Object.fromEntries(entries.map((entry) => (secret(entry) ? [entry[0], hidden] : entry)))
  return { ...record, value: shown({ ...json, properties: masked }, value) }
}

const plainOf = ({ text, format }: ShownBytes): string =>
  format === 'hex' ? Buffer.from(text.replaceAll(/\s/g, ''), 'hex').toString() : text

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** In the same format, and as wide as before. */
function shown(json: object, { text, format, truncated }: ShownBytes): ShownBytes {
  const plain = JSON.stringify(json, null, text.includes('\n') && format !== 'hex' ? 2 : 0)
  return { text: format === 'hex' ? Buffer.from(plain).toString('hex') : plain, format, truncated }
}
