import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { registryFields } from '#server/converters/registry/registry-fields.ts'
import { createRegistryHttp, RegistryRefusal } from '#server/converters/registry/registry-http.ts'
import { registryConnection } from '#server/converters/registry/registry-settings.ts'
import { type MemoryRegistry, startMemoryRegistry } from '#server/converters/test-tree/memory-registry.ts'
import { makeCertificates, storePassword } from '#server/kafka/testdata/certificates.ts'
import { RetriableError } from '#server/sdk/data-error.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'

const opened: MemoryRegistry[] = []
afterEach(async () => {
  for (const registry of opened.splice(0)) await registry[Symbol.asyncDispose]()
})
async function start(options: Parameters<typeof startMemoryRegistry>[0] = {}) {
  const registry = await startMemoryRegistry(options)
  opened.push(registry)
  registry.put('a-value', { schema: '"string"' })
  return registry
}

const { signal } = new AbortController()
const connectionOf = (urls: readonly string[], config: Record<string, string> = {}) =>
  registryConnection(readSettings(registryFields, { 'schema.registry.url': urls.join(','), ...config }))
const asking = (urls: readonly string[], config: Record<string, string> = {}, clock = leapingClock()) =>
  createRegistryHttp(connectionOf(urls, config), clock).ask

test('when one URL cannot be reached the next is asked, and stays the first one asked', async () => {
  const gone = await start()
  await opened.splice(opened.indexOf(gone), 1)[0]?.[Symbol.asyncDispose]()
  const good = await start()
  const ask = asking([gone.url, good.url])
  expect(await ask('GET', '/schemas/ids/1', signal)).toEqual({ schema: '"string"' })
  const other = await start()
  const askBoth = asking([good.url, other.url])
  good.failWith = 503
  await askBoth('GET', '/schemas/ids/1', signal)
  good.failWith = undefined
  await askBoth('GET', '/schemas/ids/1', signal)
  expect(other.requests).toHaveLength(2)
})

test('a registry that fails is asked again with growing waits, and what it refuses is not', async () => {
  const registry = await start()
  registry.failWith = 500
  const clock = leapingClock()
  const ask = asking(
    [registry.url],
    { 'max.retries': '5', 'retries.wait.ms': '100', 'retries.max.wait.ms': '400' },
    clock,
  )
  await expect(ask('GET', '/schemas/ids/1', signal)).rejects.toThrow(RetriableError)
  expect(registry.requests).toHaveLength(6)
  expect(clock.passed.map((ms) => Math.round(ms / 100) >= 1)).toEqual([true, true, true, true, true])
  expect(Math.max(...clock.passed)).toBeLessThanOrEqual(480)
  registry.failWith = undefined
  const refusal = await ask('GET', '/schemas/ids/9', signal).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(RegistryRefusal)
  expect(refusal).toMatchObject({ status: 404, code: 40403, message: 'Schema 9 not found; error code: 40403' })
  expect(registry.requests).toHaveLength(7)
})

test('a registry that does not answer is away, and an abort ends the wait at once', async () => {
  const registry = await start()
  registry.silent = true
  const ask = asking([registry.url], { 'http.read.timeout.ms': '50', 'max.retries': '0' })
  await expect(ask('GET', '/schemas/ids/1', signal)).rejects.toThrow('too long to answer')
  const stop = new AbortController()
  const waiting = asking([registry.url])('GET', '/schemas/ids/1', stop.signal)
  stop.abort()
  await expect(waiting).rejects.toBe(stop.signal.reason)
})

test.each([
  ['the URL', (url: string) => [url.replace('//', '//ada:s%40fe@')], {}, 'ada:s@fe'],
  [
    'basic.auth.user.info',
    (url: string) => [url],
    { 'basic.auth.credentials.source': 'USER_INFO', 'basic.auth.user.info': 'ada:x' },
    'ada:x',
  ],
  [
    'the older key',
    (url: string) => [url],
    { 'basic.auth.credentials.source': 'USER_INFO', 'schema.registry.basic.auth.user.info': 'ada:y' },
    'ada:y',
  ],
])('user and password come from %s', async (_from, urls, config, expected) => {
  const registry = await start({ authorization: `Basic ${Buffer.from(expected).toString('base64')}` })
  const given = config as unknown as Record<string, string>
  expect(await asking(urls(registry.url), given)('GET', '/schemas/ids/1', signal)).toEqual({ schema: '"string"' })
  await expect(asking([registry.url])('GET', '/schemas/ids/1', signal)).rejects.toMatchObject({ status: 401 })
})

test('a bearer token is sent', async () => {
  const registry = await start({ authorization: 'Bearer t0ken' })
  const config = { 'bearer.auth.credentials.source': 'STATIC_TOKEN', 'bearer.auth.token': 't0ken' }
  await asking([registry.url], config)('GET', '/schemas/ids/1', signal)
  expect(registry.authorizations).toEqual(['Bearer t0ken'])
})

test.each([
  [
    { 'schema.registry.url': 'ftp://ada:pw@x' },
    'Invalid value ftp://x for configuration schema.registry.url: Not a URL of http or https',
  ],
  [
    { 'schema.registry.url': '' },
    "Configuration 'schema.registry.url' must not be empty. Valid values include: any non-empty value",
  ],
  [{ 'basic.auth.credentials.source': 'USER_INFO' }, 'basic.auth.user.info must be set'],
  [{ 'basic.auth.credentials.source': 'SASL' }, 'String must be one of: URL, USER_INFO'],
  [{ 'bearer.auth.credentials.source': 'STATIC_TOKEN' }, 'bearer.auth.token must be set'],
  [{ 'max.retries': 'many' }, 'Invalid value many for configuration max.retries: Not a number of type INT'],
  [{ 'max.retries': '-1' }, 'Invalid value -1 for configuration max.retries: Value must be at least 0'],
  [{ 'auto.register.schemas': 'yes' }, 'Expected value to be either true or false'],
  [
    { 'schema.registry.ssl.truststore.location': '/no/such.pem' },
    'Invalid value for configuration schema.registry.ssl.truststore.location: ENOENT',
  ],
])('a setting that makes no sense is told in words: %o', (config, message) => {
  expect(() => connectionOf(['http://127.0.0.1:1'], config as unknown as Record<string, string>)).toThrow(message)
})

test('a converter needs a registry', () => {
  expect(() => readSettings(registryFields, {})).toThrow(
    'Missing required configuration "schema.registry.url" which has no default value.',
  )
})

test('a registry behind TLS is trusted by its authority alone, and may ask who calls', async () => {
  using certificates = makeCertificates()
  const own = { cert: certificates.pem('cert.pem'), key: certificates.pem('key.pem') }
  const registry = await start({ tls: { ...own, ca: certificates.pem('ca.pem'), requestCert: true } })
  const trust = { 'schema.registry.ssl.truststore.certificates': certificates.pem('ca.pem') }
  const stores = [
    { 'schema.registry.ssl.keystore.certificate.chain': own.cert, 'schema.registry.ssl.keystore.key': own.key },
    {
      'schema.registry.ssl.keystore.type': 'PKCS12',
      'schema.registry.ssl.keystore.location': certificates.keyStore,
      'schema.registry.ssl.keystore.password': storePassword,
    },
  ]
  for (const store of stores) {
    const ask = asking([registry.url], { ...trust, ...store } as unknown as Record<string, string>)
    expect(await ask('GET', '/schemas/ids/1', signal)).toEqual({ schema: '"string"' })
  }
  const trusts = [
    { 'schema.registry.ssl.truststore.location': join(certificates.directory, 'ca.pem') },
    {
      'schema.registry.ssl.truststore.location': certificates.trustStore,
      'schema.registry.ssl.truststore.password': storePassword,
    },
    {
      'schema.registry.ssl.truststore.type': 'JKS',
      'schema.registry.ssl.truststore.location': certificates.trustStore,
      'schema.registry.ssl.truststore.password': storePassword,
    },
  ]
  for (const trusted of trusts) {
    const ask = asking([registry.url], { ...trusted, ...stores[0] } as unknown as Record<string, string>)
    expect(await ask('GET', '/schemas/ids/1', signal)).toEqual({ schema: '"string"' })
  }
  const unsure = { 'max.retries': '0' }
  await expect(asking([registry.url], unsure)('GET', '/schemas/ids/1', signal)).rejects.toThrow(RetriableError)
  await expect(asking([registry.url], { ...unsure, ...trust })('GET', '/schemas/ids/1', signal)).rejects.toThrow('away')
})

test('a store in the JKS format is refused with what to do about it, and a password that is wrong is told', () => {
  using certificates = makeCertificates()
  const location = 'schema.registry.ssl.truststore.location'
  const jks = join(certificates.directory, 'old.jks')
  writeFileSync(jks, Buffer.from('feedfeed0000000200000000', 'hex'))
  const trust = (path: string) => connectionOf(['https://127.0.0.1:1'], { [location]: path })
  expect(() => trust(jks)).toThrow(`Invalid value for configuration ${location}`)
  expect(() => trust(jks)).toThrow(
    'it is in the JKS format: convert it with keytool -importkeystore -deststoretype PKCS12',
  )
  expect(() => trust(certificates.trustStore)).toThrow('the password is wrong')
})

test('a converter that is closed keeps no connection to the registry', async () => {
  await using plain = await startMemoryRegistry()
  const http = createRegistryHttp(connectionOf([plain.url]), leapingClock())
  plain.put('a', { schema: '"string"' })
  await http.ask('GET', '/schemas/ids/1', signal)
  expect(await plain.connections()).toBe(1)
  http.close()
  await expect.poll(() => plain.connections(), { timeout: 15_000 }).toBe(0)
})
