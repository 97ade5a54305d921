import { ConnectError } from '#server/contract/errors.ts'
import { invalidSetting } from '#server/kafka/security/invalid-setting.ts'
import { type SaslSettings, saslSettings } from '#server/kafka/security/sasl.ts'
import { type TlsSettings, tlsSettings } from '#server/kafka/security/tls-settings.ts'

/** Who the brokers must be, and who we are; nothing of it for PLAINTEXT. */
export interface Security {
  tls?: TlsSettings
  sasl?: SaslSettings
}

/** How to reach a cluster, with Kafka's defaults filled in. Durations are milliseconds. */
export interface ClientSettings {
  bootstrapServers: string[]
  security: Security
  requestTimeoutMs: number
  connectTimeoutMs: number
  reconnectBackOff: { firstMs: number; mostMs: number }
  maxIdleMs: number
  metadataMaxAgeMs: number
  /** Whether `bootstrap.servers` are names for several hosts, whose own names are to be used (`client.dns.lookup`). */
  canonicalBootstrap: boolean
}

export type Properties = Readonly<Record<string, string>>

/** Reads the properties of Kafka's clients. Throws SETTING_INVALID, never with the value of a secret. */
export function clientSettings(properties: Properties): ClientSettings {
  const bootstrapServers = (properties['bootstrap.servers'] ?? '').split(',').flatMap((each) => each.trim() || [])
  if (bootstrapServers.length === 0) throw new ConnectError('SETTING_INVALID', 'bootstrap.servers is missing.')
  const duration = (key: string, fallback: number) => readDuration(properties, key, fallback)
  return {
    bootstrapServers,
    security: readSecurity(properties),
    requestTimeoutMs: duration('request.timeout.ms', 40_000),
    connectTimeoutMs: duration('socket.connection.setup.timeout.ms', 10_000),
    reconnectBackOff: {
      firstMs: duration('reconnect.backoff.ms', 50),
      mostMs: duration('reconnect.backoff.max.ms', 1_000),
    },
    maxIdleMs: duration('connections.max.idle.ms', 540_000),
    metadataMaxAgeMs: duration('metadata.max.age.ms', 300_000),
    canonicalBootstrap: dnsLookup(properties['client.dns.lookup']),
  }
}

/** What stands under a prefix, without it. */
export function withPrefix(properties: Properties, prefix: string): Record<string, string> {
  const found = Object.entries(properties).filter(([key]) => key.startsWith(prefix))
  return Object.fromEntries(found.map(([key, value]) => [key.slice(prefix.length), value]))
}

const protocols: Readonly<Record<string, { tls: boolean; sasl: boolean }>> = {
  PLAINTEXT: { tls: false, sasl: false },
  SSL: { tls: true, sasl: false },
  SASL_PLAINTEXT: { tls: false, sasl: true },
  SASL_SSL: { tls: true, sasl: true },
}

function readSecurity(properties: Properties): Security {
  const name = (properties['security.protocol'] ?? 'PLAINTEXT').trim().toUpperCase()
  const protocol = Object.hasOwn(protocols, name) ? protocols[name] : undefined
  if (!protocol) throw invalidSetting('security.protocol', `it must be one of ${Object.keys(protocols).join(', ')}`)
  return {
    ...(protocol.tls ? { tls: tlsSettings(properties) } : {}),
    ...(protocol.sasl ? { sasl: saslSettings(properties) } : {}),
  }
}

export function readDuration(properties: Properties, key: string, fallback: number): number {
  const text = properties[key]?.trim()
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw invalidSetting(key, 'it must be a number of milliseconds')
  return value
}

function dnsLookup(value = 'use_all_dns_ips'): boolean {
  if (value === 'resolve_canonical_bootstrap_servers_only') return true
  if (value === 'use_all_dns_ips') return false
  throw invalidSetting('client.dns.lookup', 'it must be use_all_dns_ips or resolve_canonical_bootstrap_servers_only')
}
