import type { ConnectionOptions, SecureContextOptions, SecureVersion } from 'node:tls'
import { messageOf } from '#server/contract/errors.ts'
import { invalidSetting } from '#server/kafka/security/invalid-setting.ts'
import { readKeyStore, readTrustStore } from '#server/kafka/security/key-material.ts'

/** Loaded with the first connection that wants it. */
const tls = () => process.getBuiltinModule('node:tls')

/** What `tls.connect` takes besides the address. */
export type TlsSettings = Pick<ConnectionOptions, 'secureContext' | 'checkServerIdentity'>

/**
 * Reads Kafka's `ssl.*` properties. Key and trust stores are read from their files once, here. Throws SETTING_INVALID for
 * what is missing, cannot be opened or is unknown.
 */
export function tlsSettings(properties: Readonly<Record<string, string>>): TlsSettings {
  return {
    secureContext: contextOf(tlsContext(properties)),
    ...identity(properties['ssl.endpoint.identification.algorithm']),
  }
}

/** The part of `ssl.*` that both ends of a connection have: who one is, whom one trusts, and how one talks. */
export function tlsContext(properties: Readonly<Record<string, string>>): SecureContextOptions {
  const keyStore = readKeyStore(properties)
  const trusted = readTrustStore(properties)
  const ciphers = list(properties['ssl.cipher.suites']).map(toOpenSslName)
  return {
    ...protocolRange(list(properties['ssl.enabled.protocols'] ?? 'TLSv1.2,TLSv1.3')),
    ...(keyStore ? { key: keyStore.key, cert: keyStore.chain } : {}),
    ...(trusted ? { ca: trusted } : {}),
    ...(ciphers.length > 0 ? { ciphers: ciphers.join(':') } : {}),
  }
}

function contextOf(options: SecureContextOptions) {
  try {
    return tls().createSecureContext(options)
  } catch (error) {
    throw invalidSetting('ssl.*', messageOf(error), error)
  }
}

/** `https` is Kafka's default (KIP-294); only the empty text lets any name pass. */
function identity(algorithm = 'https'): Pick<TlsSettings, 'checkServerIdentity'> {
  if (algorithm.trim() === '') return { checkServerIdentity: () => undefined }
  if (algorithm.toLowerCase() === 'https') return {}
  throw invalidSetting('ssl.endpoint.identification.algorithm', 'it must be https, or empty for no check')
}

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies SecureVersion[]

function protocolRange(enabled: readonly string[]): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  const known = versions.filter((version) => enabled.includes(version))
  const [minVersion] = known
  const maxVersion = known.at(-1)
  if (!minVersion || !maxVersion || known.length !== enabled.length) {
    throw invalidSetting('ssl.enabled.protocols', `it must name some of ${versions.join(', ')}`)
  }
  return { minVersion, maxVersion }
}

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is `ECDHE-RSA-AES128-GCM-SHA256` here; names of TLS 1.3 are the same. */
function toOpenSslName(suite: string): string {
  const name = suite.includes('_WITH_')
    ? suite
        .replace(/^TLS_(RSA_WITH_)?/, '')
        .replace('_WITH_', '_')
        .replace(/AES_(\d+)/, 'AES$1')
        .replace('_CBC', '')
        .replace(/(CHACHA20_POLY1305)_SHA256/, '$1')
        .replaceAll('_', '-')
    : suite
  if (!tls().getCiphers().includes(name.toLowerCase()))
    throw invalidSetting('ssl.cipher.suites', `${suite} is not known`)
  return name
}

const list = (text = '') => text.split(',').flatMap((each) => each.trim() || [])
