import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { messageOf } from '#server/contract/errors.ts'
import { invalidSetting } from '#server/kafka/security/invalid-setting.ts'
import { type Pkcs12Store, readPkcs12 } from '#server/kafka/security/pkcs12.ts'

type Properties = Readonly<Record<string, string>>

/** How we show who we are, in PEM. */
export interface KeyStore {
  key: string
  /** Our own certificate, then those that vouch for it. */
  chain: string
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g
const pemBlocks = (text: string, kind: RegExp) =>
  [...text.matchAll(pemBlock)].flatMap(([block, label]) => (kind.test(label ?? '') ? [block] : []))

/** `ssl.keystore.*`: PEM in the properties (KIP-651) or a file of PEM or PKCS #12; undefined when none is named. */
export function readKeyStore(properties: Properties): KeyStore | undefined {
  const location = properties['ssl.keystore.location']
  const inlineKey = properties['ssl.keystore.key']
  if (!location && !inlineKey) return undefined
  if (storeType(properties, 'ssl.keystore') === 'PEM') {
    const at = location ? 'ssl.keystore.location' : 'ssl.keystore.key'
    const text = location ? readFile(at, location).toString() : (inlineKey ?? '')
    const chain = location ? text : (properties['ssl.keystore.certificate.chain'] ?? '')
    const [key] = pemBlocks(text, /PRIVATE KEY$/)
    if (!key) throw invalidSetting(at, 'it holds no private key in PEM')
    return keyStoreOf(at, openKey(key, properties['ssl.key.password']), pemBlocks(chain, /^CERTIFICATE$/))
  }
  const at = 'ssl.keystore.location'
  const { keys, certificates } = readStore(at, properties['ssl.keystore.password'], location ?? '')
  const [key] = keys
  if (!key) throw invalidSetting(at, 'it holds no private key')
  return keyStoreOf(at, key, certificates.map(toPem))
}

/** `ssl.truststore.*`: the certificates we trust, in PEM; undefined for those that come with Node. */
export function readTrustStore(properties: Properties): string[] | undefined {
  const location = properties['ssl.truststore.location']
  const inline = properties['ssl.truststore.certificates']
  if (!location && !inline) return undefined
  const at = location ? 'ssl.truststore.location' : 'ssl.truststore.certificates'
  const certificates =
    storeType(properties, 'ssl.truststore') === 'PEM'
      ? pemBlocks(location ? readFile(at, location).toString() : (inline ?? ''), /^(TRUSTED )?CERTIFICATE$/)
      : readStore(at, properties['ssl.truststore.password'], location ?? '').certificates.map(toPem)
  if (certificates.length === 0) throw invalidSetting(at, 'it holds no certificate')
  return certificates
}

/** JKS is Kafka's default; files of that name have been PKCS #12 since Java 9, and what they are is read from their bytes. */
function storeType(properties: Properties, prefix: 'ssl.keystore' | 'ssl.truststore'): 'PEM' | 'PKCS12' {
  const inline = prefix === 'ssl.keystore' ? properties['ssl.keystore.key'] : properties['ssl.truststore.certificates']
  const key = `${prefix}.type`
  const type = (properties[key] ?? (inline ? 'PEM' : 'JKS')).toUpperCase()
  if (type === 'PEM') return 'PEM'
  if (type !== 'PKCS12' && type !== 'JKS') throw invalidSetting(key, 'it must be PEM, PKCS12 or JKS')
  if (inline) throw invalidSetting(key, 'only PEM may stand in the properties themselves')
  return 'PKCS12'
}

function readFile(key: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw invalidSetting(key, messageOf(error), error)
  }
}

function readStore(key: string, password: string | undefined, path: string): Pkcs12Store {
  const file = readFile(key, path)
  try {
    return readPkcs12(file, password ?? '')
  } catch (error) {
    throw invalidSetting(key, `${path} cannot be read: ${messageOf(error)}`, error)
  }
}

function openKey(pem: string, password: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(password === undefined ? {} : { passphrase: password }) })
  } catch (error) {
    const why = password === undefined ? 'it is missing, or the key is none' : 'it does not open the private key'
    throw invalidSetting('ssl.key.password', why, error)
  }
}

function keyStoreOf(at: string, key: KeyObject, certificates: readonly string[]): KeyStore {
  const parsed = certificates.map((pem) => new X509Certificate(pem))
  const own = parsed.find((certificate) => certificate.checkPrivateKey(key))
  if (!own) throw invalidSetting(at, 'no certificate belongs to the private key')
  const chain = [own]
  for (let last: X509Certificate | undefined = own; last; ) {
    const issued: X509Certificate = last
    last = parsed.find((certificate) => !chain.includes(certificate) && issued.checkIssued(certificate))
    if (last) chain.push(last)
  }
  return { key: key.export({ format: 'pem', type: 'pkcs8' }).toString(), chain: chain.map(String).join('') }
}

const toPem = (der: Buffer) => new X509Certificate(der).toString()
