import { readFileSync } from 'node:fs'
import type { AgentOptions as TlsOptions } from 'node:https'
import type { ConfigOf } from '#server/contract/config-field.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { invalidSetting } from '#server/converters/registry/read-settings.ts'
import type { registryFields } from '#server/converters/registry/registry-fields.ts'
import { tlsContext } from '#server/kafka/security/tls-settings.ts'

const prefix = 'schema.registry.'

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

/** Kafka's `ssl.*` properties, read as its clients read them. */
function tlsOptions(config: RegistryConfig): TlsOptions {
  const given = Object.entries(config).flatMap(([key, value]) => {
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : undefined
    return name === undefined || value === null || `${value}` === '' ? [] : [[name, `${value}`] as const]
  })
  const properties = withStoreTypes(Object.fromEntries(given))
  const checks = config['schema.registry.ssl.endpoint.identification.algorithm'] !== ''
  try {
    return { ...tlsContext(properties), ...(!checks && { checkServerIdentity: () => undefined }) }
  } catch (cause) {
    throw new ConnectError(
      'CONFIG_INVALID',
      messageOf(cause).replace('configuration ssl.', `configuration ${prefix}ssl.`),
      {
        cause,
      },
    )
  }
}

/** A store of which nobody says what it is may be PEM; of every other file the bytes tell. */
function withStoreTypes(properties: Readonly<Record<string, string>>): Record<string, string> {
  const types = ['ssl.keystore', 'ssl.truststore'].flatMap((store) => {
    const location = properties[`${store}.location`]
    const isPem = location !== undefined && properties[`${store}.type`] === undefined && isPemFile(location)
    return isPem ? [[`${store}.type`, 'PEM'] as const] : []
  })
  return { ...properties, ...Object.fromEntries(types) }
}

/** A file that cannot be read is none; who reads it next tells. */
function isPemFile(path: string): boolean {
  try {
    return readFileSync(path).includes('-----BEGIN ')
  } catch {
    return false
  }
}
