import type { KafkaConfig, SASLOptions } from 'kafkajs'
import type { Clock } from '#server/contract/clock.ts'
import type { Security } from '#server/kafka/client-settings.ts'
import type { SaslSettings } from '#server/kafka/security/sasl.ts'

/** Our settings as kafkajs spells them. */
export function kafkaJsSecurity({ tls, sasl }: Security, clock: Clock): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return { ...(tls ? { ssl: { ...tls } } : {}), ...(sasl ? { sasl: saslOptions(sasl, clock) } : {}) }
}

const mechanisms = { PLAIN: 'plain', 'SCRAM-SHA-256': 'scram-sha-256', 'SCRAM-SHA-512': 'scram-sha-512' } as const

function saslOptions(sasl: SaslSettings, clock: Clock): SASLOptions {
  if (sasl.mechanism === 'OAUTHBEARER') {
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: (await sasl.token(clock)).value }) }
  }
  const { username, password } = sasl
  return { mechanism: mechanisms[sasl.mechanism], username, password }
}
