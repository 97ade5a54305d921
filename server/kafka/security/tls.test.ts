import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { clientSettings, type Properties } from '#server/kafka/client-settings.ts'
import { readPkcs12 } from '#server/kafka/security/pkcs12.ts'
import { type Certificates, makeCertificates, storePassword } from '#server/kafka/testdata/certificates.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'

let made: Certificates
beforeAll(() => {
  made = makeCertificates()
})
afterAll(() => made[Symbol.dispose]())

async function clusterIdOver(properties: Properties, server: TlsOptions = {}) {
  const identity = { key: made.pem('key.pem'), cert: made.pem('cert.pem') }
  await using broker = await startScriptedBroker({}, { ...identity, ...server })
  await using client = createKafkaClient({
    ...clientSettings({ 'bootstrap.servers': `127.0.0.1:${broker.port}`, 'security.protocol': 'SSL', ...properties }),
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
  })
  return await client.clusterId()
}

const trust = () => ({ 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': made.pem('ca.pem') })
const mutual = () => ({ requestCert: true, rejectUnauthorized: true, ca: made.pem('ca.pem') })

test.each<[string, () => Properties]>([
  ['PEM in the properties', trust],
  [
    'a file of PEM',
    () => ({ 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': join(made.directory, 'ca.pem') }),
  ],
  [
    'a PKCS #12 trust store',
    () => ({
      'ssl.truststore.type': 'PKCS12',
      'ssl.truststore.location': made.trustStore,
      'ssl.truststore.password': storePassword,
    }),
  ],
])('trusts a broker by %s', async (_, properties) => {
  expect(await clusterIdOver(properties())).toBe('scripted')
})

test.each<[string, () => Properties]>([
  [
    'PEM in the properties with a locked key',
    () => ({
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': made.pem('locked-key.pem'),
      'ssl.keystore.certificate.chain': made.pem('cert.pem'),
      'ssl.key.password': storePassword,
    }),
  ],
  ['a PKCS #12 key store', () => ({ 'ssl.keystore.location': made.keyStore, 'ssl.keystore.password': storePassword })],
  [
    'an old PKCS #12 key store',
    () => ({ 'ssl.keystore.location': made.oldKeyStore, 'ssl.keystore.password': storePassword }),
  ],
])('shows a broker who we are by %s', async (_, properties) => {
  expect(await clusterIdOver({ ...trust(), ...properties() }, mutual())).toBe('scripted')
})

test.each<[string, () => Properties, TlsOptions | undefined, RegExp]>([
  ['whose certificate nobody vouches for', () => ({}), undefined, /INVALID_CONFIG.*TLS handshake failed/],
  [
    'that speaks too old a version',
    () => ({ ...trust(), 'ssl.enabled.protocols': 'TLSv1.3' }),
    { maxVersion: 'TLSv1.2' },
    /TLS/,
  ],
  ['that wants a certificate of ours and gets none', trust, undefined, /INVALID_CONFIG.*certificate required/],
])('does not talk to a broker %s', async (name, properties, server, error) => {
  const options = name.includes('wants') ? mutual() : server
  await expect(clusterIdOver(properties(), options)).rejects.toThrow(error)
})

test('checks the name in the certificate, unless told not to', async () => {
  // The authority's own certificate is trusted, but names no host.
  const nameless = { key: made.pem('ca-key.pem'), cert: made.pem('ca.pem') }
  const unchecked = { 'ssl.endpoint.identification.algorithm': '' }
  await expect(clusterIdOver(trust(), nameless)).rejects.toThrow(/INVALID_CONFIG.*127\.0\.0\.1/)
  expect(await clusterIdOver({ ...trust(), ...unchecked }, nameless)).toBe('scripted')
})

test.each<[string, () => Properties, RegExp]>([
  [
    'a wrong password of a store',
    () => ({ 'ssl.truststore.location': made.trustStore, 'ssl.truststore.password': 'guess' }),
    /ssl\.truststore\.location: .*the password is wrong$/,
  ],
  [
    'a wrong password of a key',
    () => ({
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': made.pem('locked-key.pem'),
      'ssl.key.password': 'guess',
    }),
    /ssl\.key\.password: it does not open/,
  ],
  ['a file that is missing', () => ({ 'ssl.keystore.location': '/nowhere' }), /ssl\.keystore\.location: ENOENT/],
  ['a trust store without certificates', () => ({ 'ssl.truststore.certificates': 'none' }), /holds no certificate/],
  ['an unknown cipher', () => ({ 'ssl.cipher.suites': 'TLS_ROT13' }), /ssl\.cipher\.suites/],
  ['an unknown protocol', () => ({ 'ssl.enabled.protocols': 'SSLv2' }), /ssl\.enabled\.protocols/],
  [
    'a certificate that is not that of the key',
    () => ({
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': made.pem('key.pem'),
      'ssl.keystore.certificate.chain': made.pem('ca.pem'),
    }),
    /no certificate belongs to the private key/,
  ],
])('names the setting of %s, and no secret', (_, properties, error) => {
  const read = () => clientSettings({ 'bootstrap.servers': 'h:1', 'security.protocol': 'SSL', ...properties() })
  expect(read).toThrow(error)
  expect(read).not.toThrow(/guess|PRIVATE KEY/)
})

test('reads both of what openssl writes, and any cut or flipped byte is an error, not a hang', () => {
  const file = readFileSync(made.keyStore)
  const { keys, certificates } = readPkcs12(file, storePassword)
  expect(keys).toHaveLength(1)
  expect(certificates.map((der) => new X509Certificate(der).subject)).toEqual(['CN=broker', 'CN=test authority'])
  for (let at = 0; at < file.length; at += 37) {
    expect(() => readPkcs12(file.subarray(0, at), storePassword)).toThrow()
  }
})

test('a plain connection to a door of TLS says what is wrong', async () => {
  const identity = { key: made.pem('key.pem'), cert: made.pem('cert.pem') }
  await using broker = await startScriptedBroker({}, identity)
  await using client = createKafkaClient({
    ...clientSettings({ 'bootstrap.servers': `127.0.0.1:${broker.port}` }),
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
  })
  await expect(client.clusterId()).rejects.toThrow(/NETWORK_EXCEPTION/)
})
