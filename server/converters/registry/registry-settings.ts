import { readFileSync } from 'node:fs'
import type { AgentOptions as TlsOptions } from 'node:https'
import type { ConfigOf } from '#server/contract/config-field.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { invalidSetting } from '#server/converters/registry/read-settings.ts'
import type { registryFields } from '#server/converters/registry/registry-fields.ts'

export type RegistryConfig = ConfigOf<typeof registryFields>

/** How the registry is spoken to. */
export interface RegistryConnection {
  /** Without credentials, without a slash at the end. */
  urls: readonly URL[]
  /** The header `authorization` for each URL. */
  authorization: readonly (string | undefined)[]
  connectTimeoutMs: number
  readTimeoutMs: number
  maxRetries: number
  retryWaitMs: number
  longestRetryWaitMs: number
  tls: TlsOptions
}

/** Throws `ConnectError` for settings that contradict one another, or name a file that cannot be read. */
export function registryConnection(config: RegistryConfig): RegistryConnection {
  const urls = config['schema.registry.url'].map(registryUrl)
  return {
    urls: urls.map(withoutCredentials),
    authorization: urls.map((url) => authorizationFor(url, config)),
    connectTimeoutMs: config['http.connect.timeout.ms'],
    readTimeoutMs: config['http.read.timeout.ms'],
    maxRetries: config['max.retries'],
    retryWaitMs: config['retries.wait.ms'],
    longestRetryWaitMs: config['retries.max.wait.ms'],
    tls: tlsOptions(config),
  }
}

function registryUrl(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw invalidSetting('schema.registry.url', text.replace(/\/\/[^/@]*@/, '//'), 'Not a URL of http or https')
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.pathname = bare.pathname.replace(/\/+$/, '')
  return bare
}

function authorizationFor(url: URL, config: RegistryConfig): string | undefined {
  const older = config['schema.registry.basic.auth.user.info']
  const userInfo = config['basic.auth.user.info'] || older
  if (config['bearer.auth.credentials.source'] !== null) {
    const token = config['bearer.auth.token']
    if (userInfo || url.username) {
      throw new ConnectError(
        'CONFIG_INVALID',
        'Only one of basic.auth and bearer.auth can be used for the schema registry.',
      )
    }
    if (token) return `Bearer ${token}`
    throw new ConnectError(
      'CONFIG_INVALID',
      'bearer.auth.token must be set when bearer.auth.credentials.source is STATIC_TOKEN.',
    )
  }
  if (config['basic.auth.credentials.source'] === 'USER_INFO') {
    if (userInfo) return basic(userInfo)
    throw new ConnectError(
      'CONFIG_INVALID',
      'basic.auth.user.info must be set when basic.auth.credentials.source is USER_INFO.',
    )
  }
  if (!url.username) return undefined
  return basic(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`)
}

const basic = (userInfo: string) => `Basic ${Buffer.from(userInfo).toString('base64')}`

function tlsOptions(config: RegistryConfig): TlsOptions {
  const password = config['schema.registry.ssl.keystore.password'] ?? undefined
  const keyPassword = config['schema.registry.ssl.key.password'] ?? undefined
  const trusted =
    config['schema.registry.ssl.truststore.certificates'] ?? fileOf(config, 'schema.registry.ssl.truststore.location')
  const store = fileOf(config, 'schema.registry.ssl.keystore.location')
  const chain = config['schema.registry.ssl.keystore.certificate.chain'] ?? store
  const key = config['schema.registry.ssl.keystore.key'] ?? store
  const isPkcs12 = config['schema.registry.ssl.keystore.type'] === 'PKCS12'
  return {
    ...(trusted && { ca: trusted }),
    ...(isPkcs12 && store && { pfx: store, ...(password !== undefined && { passphrase: password }) }),
    ...(!isPkcs12 &&
      chain &&
      key && { cert: chain, key, ...(keyPassword !== undefined && { passphrase: keyPassword }) }),
    ...(config['schema.registry.ssl.endpoint.identification.algorithm'] === '' && {
      checkServerIdentity: () => undefined,
    }),
  }
}

function fileOf(
  config: RegistryConfig,
  key: 'schema.registry.ssl.truststore.location' | 'schema.registry.ssl.keystore.location',
): Buffer | undefined {
  const path = config[key]
  if (!path) return undefined
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new ConnectError('CONFIG_INVALID', `Invalid value ${path} for configuration ${key}: ${messageOf(cause)}`, {
      cause,
    })
  }
}
