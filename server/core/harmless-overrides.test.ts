import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assignmentStrategies } from '#server/contract/assignment-strategies.ts'
import { validateOverrides } from '#server/core/connector-keys-overrides.ts'
import { harmlessOverrides } from '#server/core/harmless-overrides.ts'
import { clientFields, consumerFields, producerFields } from '#server/kafka/client-fields.ts'

/** All keys of Kafka 4.3's producer, consumer and admin configs that do more than tune, by what they would let a connector do. */
const refused = {
  'name classes to load': [
    'config.providers',
    'interceptor.classes',
    'key.deserializer',
    'key.serializer',
    'metric.reporters',
    'partitioner.class',
    'security.providers',
    'value.deserializer',
    'value.serializer',
  ],
  'lead elsewhere': ['bootstrap.controllers', 'bootstrap.servers', 'client.dns.lookup'],
  'appear as somebody else, or with credentials and files': [
    'client.id',
    'group.id',
    'sasl.client.callback.handler.class',
    'sasl.jaas.config',
    'sasl.kerberos.kinit.cmd',
    'sasl.kerberos.min.time.before.relogin',
    'sasl.kerberos.service.name',
    'sasl.kerberos.ticket.renew.jitter',
    'sasl.kerberos.ticket.renew.window.factor',
    'sasl.login.callback.handler.class',
    'sasl.login.class',
    'sasl.login.connect.timeout.ms',
    'sasl.login.read.timeout.ms',
    'sasl.login.refresh.buffer.seconds',
    'sasl.login.refresh.min.period.seconds',
    'sasl.login.refresh.window.factor',
    'sasl.login.refresh.window.jitter',
    'sasl.login.retry.backoff.max.ms',
    'sasl.login.retry.backoff.ms',
    'sasl.mechanism',
    'sasl.oauthbearer.assertion.algorithm',
    'sasl.oauthbearer.assertion.claim.aud',
    'sasl.oauthbearer.assertion.claim.exp.seconds',
    'sasl.oauthbearer.assertion.claim.iss',
    'sasl.oauthbearer.assertion.claim.jti.include',
    'sasl.oauthbearer.assertion.claim.nbf.seconds',
    'sasl.oauthbearer.assertion.claim.sub',
    'sasl.oauthbearer.assertion.file',
    'sasl.oauthbearer.assertion.private.key.file',
    'sasl.oauthbearer.assertion.private.key.passphrase',
    'sasl.oauthbearer.assertion.template.file',
    'sasl.oauthbearer.client.credentials.client.id',
    'sasl.oauthbearer.client.credentials.client.secret',
    'sasl.oauthbearer.clock.skew.seconds',
    'sasl.oauthbearer.expected.audience',
    'sasl.oauthbearer.expected.issuer',
    'sasl.oauthbearer.header.urlencode',
    'sasl.oauthbearer.jwks.endpoint.refresh.ms',
    'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms',
    'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms',
    'sasl.oauthbearer.jwks.endpoint.url',
    'sasl.oauthbearer.jwt.retriever.class',
    'sasl.oauthbearer.jwt.validator.class',
    'sasl.oauthbearer.scope',
    'sasl.oauthbearer.scope.claim.name',
    'sasl.oauthbearer.sub.claim.name',
    'sasl.oauthbearer.token.endpoint.url',
    'security.protocol',
    'ssl.cipher.suites',
    'ssl.enabled.protocols',
    'ssl.endpoint.identification.algorithm',
    'ssl.engine.factory.class',
    'ssl.key.password',
    'ssl.keymanager.algorithm',
    'ssl.keystore.certificate.chain',
    'ssl.keystore.key',
    'ssl.keystore.location',
    'ssl.keystore.password',
    'ssl.keystore.type',
    'ssl.protocol',
    'ssl.provider',
    'ssl.secure.random.implementation',
    'ssl.trustmanager.algorithm',
    'ssl.truststore.certificates',
    'ssl.truststore.location',
    'ssl.truststore.password',
    'ssl.truststore.type',
    'transactional.id',
  ],
  'commit ahead of what is durable, or hold up readers for ever': [
    'enable.auto.commit',
    'transaction.two.phase.commit.enable',
  ],
  'read what a pattern leaves alone': ['exclude.internal.topics'],
  'speak a protocol that sinks do not': [
    'group.protocol',
    'group.remote.assignor',
    'share.acknowledgement.mode',
    'share.acquire.mode',
  ],
  'change what is nobody’s business': ['internal.throw.on.fetch.stable.offset.unsupported'],
}
const dangerous = Object.values(refused).flat()

/** How many keys Kafka 4.3's three configs have together: each of them was judged. */
const keysOfKafka = 141

const rules = { policy: 'Allowlist', allowlist: harmlessOverrides } as const
const sink = { 'errors.deadletterqueue.topic.name': 'dead' }

test.each(['producer.override.', 'consumer.override.', 'admin.override.'])(
  'the safe profile lets no dangerous %s through',
  (prefix) => {
    const config = Object.fromEntries(dangerous.map((key) => [prefix + key, 'x']))
    const infos = validateOverrides({ ...sink, ...config }, 'sink', rules)
    expect(infos.filter(({ value }) => value.errors.length === 0)).toEqual([])
    expect(infos).toHaveLength(dangerous.length)
  },
)

test('no harmless setting is about classes, addresses, files or credentials', () => {
  const suspicious = /class|url|location|sasl|ssl|security|password|provider|reporter|interceptor|servers|\.id$/
  // A name within the connector's own group.
  expect(harmlessOverrides.filter((key) => suspicious.test(key))).toEqual(['group.instance.id'])
  expect(harmlessOverrides).toEqual([...new Set(harmlessOverrides)].sort())
})

test('every key of Kafka’s clients is either harmless or refused', () => {
  expect(harmlessOverrides.filter((key) => dangerous.includes(key))).toEqual([])
  expect(new Set([...harmlessOverrides, ...dangerous]).size).toBe(keysOfKafka)
})

test('of partition.assignment.strategy only Kafka’s own assignors pass', () => {
  const errors = (value: string) =>
    validateOverrides({ 'consumer.override.partition.assignment.strategy': value }, 'sink', rules).flatMap(
      ({ value }) => value.errors,
    )
  for (const strategy of Object.keys(assignmentStrategies)) expect(errors(strategy)).toEqual([])
  expect(errors('com.acme.Assignor')).toEqual([
    expect.stringContaining("there is no assignor 'com.acme.Assignor' here"),
  ])
})

test('the page about profiles names them all', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/profiles.md'), 'utf8')
  const section = page.slice(
    page.indexOf('## What may be overridden'),
    page.indexOf('`connector.client.config.override.allowlist` replaces'),
  )
  const named = [...section.matchAll(/`([a-z0-9.]+)`/g)].flatMap(([, key]) => key ?? [])
  expect(named.filter((key) => key !== 'safe' && !key.endsWith('.override.'))).toEqual(harmlessOverrides)
})

test('the page about profiles names what changes nothing, and nothing else', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/profiles.md'), 'utf8')
  const section = page.slice(page.indexOf('### What changes nothing'))
  const rows = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, keys]) => keys ?? '')
  const named = rows.flatMap((keys) => [...keys.matchAll(/`([a-z0-9.]+)`/g)].map(([, key]) => key))
  const known = { ...clientFields, ...producerFields, ...consumerFields }
  expect(named.sort()).toEqual(harmlessOverrides.filter((key) => !Object.hasOwn(known, key)))
})

test('what is harmless passes', () => {
  const values: Record<string, string> = {
    'partition.assignment.strategy': 'org.apache.kafka.clients.consumer.StickyAssignor',
  }
  const config = Object.fromEntries(harmlessOverrides.map((key) => [`consumer.override.${key}`, values[key] ?? '1']))
  expect(validateOverrides(config, 'sink', rules).flatMap(({ value }) => value.errors)).toEqual([])
})
