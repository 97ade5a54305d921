import type { Clock } from '#server/contract/clock.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import { invalidSetting } from '#server/kafka/security/invalid-setting.ts'
import type { JaasEntry } from '#server/kafka/security/jaas.ts'
import {
  type OAuthToken,
  readToken,
  requestToken,
  staticToken,
  unsecuredToken,
} from '#server/kafka/security/oauth-token.ts'
import { tlsSettings } from '#server/kafka/security/tls-settings.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** The token to log in with just now, fetched anew in time; everybody with the same settings shares it. */
export type TokenSource = (clock: Clock) => Promise<OAuthToken>

type Properties = Readonly<Record<string, string>>

/** Kafka: `sasl.login.refresh.window.factor`. */
const freshFraction = 0.8
const endpointKey = 'sasl.oauthbearer.token.endpoint.url'

/**
 * Where tokens come from: the client's credentials (Kafka 4's `sasl.oauthbearer.client.credentials.*`, else the options
 * `clientId`, `clientSecret`, `scope` of the login module), a file, a fixed `token`, or unsecured claims.
 */
export function tokenSource(properties: Properties, jaas: JaasEntry | undefined): TokenSource {
  const make = tokenMaker(properties, jaas?.options ?? {})
  const retry = retrySettings(properties)
  let held: { token: OAuthToken; renewAt: number } | undefined
  let pending: Promise<OAuthToken> | undefined

  async function renew(clock: Clock): Promise<OAuthToken> {
    for (let tried = 0; ; tried++) {
      const now = clock.now()
      try {
        const token = await make(now)
        if (token.value === '') throw new KafkaError('SASL_AUTHENTICATION_FAILED', 'the OAuth token is empty')
        const lifetime = token.expiresAt === undefined ? 0 : token.expiresAt - now
        held = { token, renewAt: clock.monotonic() + lifetime * freshFraction }
        return token
      } catch (error) {
        if (!(error instanceof KafkaError && error.retriable) || tried === mostRetries) throw error
        await clock.sleep(backOffMs(tried, clock.random(), retry.firstMs, retry.mostMs))
      }
    }
  }

  return async (clock) => {
    if (held && clock.monotonic() < held.renewAt) return held.token
    pending ??= renew(clock).finally(() => {
      pending = undefined
    })
    return pending
  }
}

/** Then the connection fails, and whoever wanted it backs off by itself. */
const mostRetries = 2

function tokenMaker(properties: Properties, options: Properties): (now: number) => Promise<OAuthToken> {
  const { token } = options
  if (token !== undefined) return async () => staticToken(token)
  const url = properties[endpointKey]
  if (url) return endpointTokens(properties, options, url)
  const claim = 'unsecuredLoginStringClaim_'
  const claims = Object.entries(options).flatMap(([name, value]) =>
    name.startsWith(claim) ? [[name.slice(claim.length), value] as const] : [],
  )
  if (claims.length > 0) return async (now) => unsecuredToken(Object.fromEntries(claims), now)
  throw invalidSetting(endpointKey, 'OAUTHBEARER needs it, or a token in sasl.jaas.config')
}

function endpointTokens(properties: Properties, options: Properties, url: string) {
  const endpoint = URL.canParse(url) ? new URL(url) : undefined
  if (endpoint?.protocol === 'file:') return () => readToken(endpoint)
  if (endpoint?.protocol !== 'https:' && endpoint?.protocol !== 'http:') {
    throw invalidSetting(endpointKey, 'it must be an address of https, http or file')
  }
  const prefix = 'sasl.oauthbearer.client.credentials.'
  const clientId = properties[`${prefix}client.id`] ?? options.clientId
  const clientSecret = properties[`${prefix}client.secret`] ?? options.clientSecret
  if (!clientId) throw invalidSetting(`${prefix}client.id`, 'the token endpoint needs it')
  if (!clientSecret) throw invalidSetting(`${prefix}client.secret`, 'the token endpoint needs it')
  const credentials = {
    endpoint,
    clientId,
    clientSecret,
    scope: properties['sasl.oauthbearer.scope'] ?? options.scope,
    connectTimeoutMs: Number(properties['sasl.login.connect.timeout.ms'] ?? 10_000),
    readTimeoutMs: Number(properties['sasl.login.read.timeout.ms'] ?? 10_000),
    tls: endpoint.protocol === 'https:' ? tlsSettings(options) : undefined,
  }
  return (now: number) => requestToken(credentials, now)
}

const retrySettings = (properties: Properties) => ({
  firstMs: Number(properties['sasl.login.retry.backoff.ms'] ?? 100),
  mostMs: Number(properties['sasl.login.retry.backoff.max.ms'] ?? 10_000),
})
