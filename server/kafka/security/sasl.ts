import type { Clock } from '#server/contract/clock.ts'
import { invalidSetting } from '#server/kafka/security/invalid-setting.ts'
import { type JaasEntry, parseJaas } from '#server/kafka/security/jaas.ts'
import { type TokenSource, tokenSource } from '#server/kafka/security/oauth-source.ts'
import type { SaslExchange } from '#server/kafka/security/sasl-exchange.ts'
import { type ScramCredentials, scramExchange } from '#server/kafka/security/scram.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** How we log in. Secrets stay in here: nothing of it is meant for logs. */
export type SaslSettings =
  | { mechanism: 'PLAIN'; username: string; password: string }
  | ({ mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512' } & ScramCredentials)
  | { mechanism: 'OAUTHBEARER'; token: TokenSource; extensions: Readonly<Record<string, string>> }

const modules = {
  PLAIN: 'PlainLoginModule',
  'SCRAM-SHA-256': 'ScramLoginModule',
  'SCRAM-SHA-512': 'ScramLoginModule',
  OAUTHBEARER: 'OAuthBearerLoginModule',
} as const

type Mechanism = keyof typeof modules

/** Reads `sasl.mechanism` and `sasl.jaas.config` as Kafka's clients do. Throws SETTING_INVALID. */
export function saslSettings(properties: Readonly<Record<string, string>>): SaslSettings {
  const mechanism = (properties['sasl.mechanism'] ?? 'GSSAPI').trim()
  if (!isMechanism(mechanism)) {
    throw invalidSetting('sasl.mechanism', `${mechanism} is none of ${Object.keys(modules).join(', ')}`)
  }
  const config = properties['sasl.jaas.config']
  const jaas = config === undefined ? undefined : parseJaas(config)
  if (jaas && jaas.module !== modules[mechanism]) {
    throw invalidSetting('sasl.jaas.config', `${mechanism} takes a ${modules[mechanism]}, not a ${jaas.module}`)
  }
  if (mechanism === 'OAUTHBEARER') {
    return { mechanism, token: tokenSource(properties, jaas), extensions: extensionsOf(jaas) }
  }
  const { username, password, tokenauth } = jaas?.options ?? {}
  if (username === undefined || password === undefined) {
    throw invalidSetting('sasl.jaas.config', `${mechanism} needs it, with a username and a password`)
  }
  if (mechanism === 'PLAIN') return { mechanism, username, password }
  return { mechanism, username, password, token: tokenauth === 'true' }
}

const isMechanism = (name: string): name is Mechanism => Object.hasOwn(modules, name)

function extensionsOf(jaas: JaasEntry | undefined): Record<string, string> {
  const prefix = 'extension_'
  const entries = Object.entries(jaas?.options ?? {}).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]))
}

export function startExchange(sasl: SaslSettings, clock: Clock): SaslExchange {
  if (sasl.mechanism === 'PLAIN') {
    return oneStep('PLAIN', async () => `\0${sasl.username}\0${sasl.password}`)
  }
  if (sasl.mechanism !== 'OAUTHBEARER') return scramExchange(sasl.mechanism, sasl)
  return oneStep('OAUTHBEARER', async () => {
    const { value } = await sasl.token(clock)
    const extensions = Object.entries(sasl.extensions).map(([name, text]) => `${name}=${text}\x01`)
    return `n,,\x01auth=Bearer ${value}\x01${extensions.join('')}\x01`
  })
}

/** A broker that has something to object says so in its answer (RFC 7628). */
function oneStep(mechanism: string, message: () => Promise<string>): SaslExchange {
  return {
    mechanism,
    first: async () => Buffer.from(await message()),
    async next(challenge) {
      if (challenge.length > 0) throw new KafkaError('SASL_AUTHENTICATION_FAILED', `${mechanism}: ${challenge}`)
      return undefined
    },
  }
}
