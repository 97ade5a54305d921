import { ConnectError } from '#server/contract/errors.ts'
import type { BackOff } from '#server/kafka/back-off.ts'
import { clientFields } from '#server/kafka/client-fields.ts'
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
  /** For what takes several requests, or several tries of one (`default.api.timeout.ms`). */
  apiTimeoutMs: number
  /** How long a connection may take to come about: longer after each try that failed. */
  connectTimeout: BackOff
  reconnectBackOff: BackOff
  retryBackOff: BackOff
  /** Infinite for never. */
  maxIdleMs: number
  metadataMaxAgeMs: number
  /** After so long without an answer about the cluster everything begins anew with the bootstrap servers (KIP-1102); undefined: never. */
  rebootstrapAfterMs: number | undefined
  /** Whether `bootstrap.servers` are names for several hosts, whose own names are to be used (`client.dns.lookup`). */
  canonicalBootstrap: boolean
}

export type Properties = Readonly<Record<string, string>>

/** Reads the properties of Kafka's clients. Throws SETTING_INVALID, never with the value of a secret. */
export function clientSettings(properties: Properties): ClientSettings {
  const bootstrapServers = (properties['bootstrap.servers'] ?? '').split(',').flatMap((each) => each.trim() || [])
  if (bootstrapServers.length === 0) throw new ConnectError('SETTING_INVALID', 'bootstrap.servers is missing.')
  return { bootstrapServers, security: readSecurity(properties), ...connectionSettings(properties) }
}

/** Everything but the servers and what convinces them. */
export function connectionSettings(properties: Properties): Omit<ClientSettings, 'bootstrapServers' | 'security'> {
  const duration = (key: keyof typeof clientFields) => readDuration(properties, key, Number(clientFields[key].default))
  return {
    requestTimeoutMs: duration('request.timeout.ms'),
    apiTimeoutMs: duration('default.api.timeout.ms'),
    connectTimeout: {
      firstMs: duration('socket.connection.setup.timeout.ms'),
      mostMs: duration('socket.connection.setup.timeout.max.ms'),
    },
    reconnectBackOff: { firstMs: duration('reconnect.backoff.ms'), mostMs: duration('reconnect.backoff.max.ms') },
    retryBackOff: { firstMs: duration('retry.backoff.ms'), mostMs: duration('retry.backoff.max.ms') },
    maxIdleMs:
      properties['connections.max.idle.ms']?.trim() === '-1'
        ? Number.POSITIVE_INFINITY
        : duration('connections.max.idle.ms'),
    metadataMaxAgeMs: duration('metadata.max.age.ms'),
    rebootstrapAfterMs: rebootstraps(
      properties['metadata.recovery.strategy'] ?? `${clientFields['metadata.recovery.strategy'].default}`,
    )
      ? duration('metadata.recovery.rebootstrap.trigger.ms')
      : undefined,
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

function rebootstraps(strategy: string): boolean {
  const name = strategy.trim().toLowerCase()
  if (name === 'rebootstrap') return true
  if (name === 'none') return false
  throw invalidSetting('metadata.recovery.strategy', 'it must be rebootstrap or none')
}

function dnsLookup(value = 'use_all_dns_ips'): boolean {
  if (value === 'resolve_canonical_bootstrap_servers_only') return true
  if (value === 'use_all_dns_ips') return false
  throw invalidSetting('client.dns.lookup', 'it must be use_all_dns_ips or resolve_canonical_bootstrap_servers_only')
}
