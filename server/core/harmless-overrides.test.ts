import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { validateOverrides } from '#server/core/connector-keys-overrides.ts'
import { harmlessOverrides } from '#server/core/harmless-overrides.ts'

/** Client settings that run code, redirect traffic, read files, or take what belongs to others. */
const dangerous = [
  'bootstrap.servers',
  'client.dns.lookup',
  'config.providers',
  'group.id',
  'group.instance.id',
  'interceptor.classes',
  'key.deserializer',
  'key.serializer',
  'metric.reporters',
  'partition.assignment.strategy',
  'partitioner.class',
  'sasl.client.callback.handler.class',
  'sasl.jaas.config',
  'sasl.kerberos.kinit.cmd',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.mechanism',
  'sasl.oauthbearer.jwks.endpoint.url',
  'sasl.oauthbearer.token.endpoint.url',
  'security.protocol',
  'security.providers',
  'ssl.engine.factory.class',
  'ssl.key.password',
  'ssl.keystore.location',
  'ssl.truststore.location',
  'ssl.truststore.certificates',
  'transactional.id',
  'value.deserializer',
  'value.serializer',
]
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
  expect(harmlessOverrides.filter((key) => suspicious.test(key))).toEqual([])
  expect(harmlessOverrides).toEqual([...new Set(harmlessOverrides)].sort())
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

test('what is harmless passes', () => {
  const config = Object.fromEntries(harmlessOverrides.map((key) => [`consumer.override.${key}`, '1']))
  expect(validateOverrides(config, 'sink', rules).flatMap(({ value }) => value.errors)).toEqual([])
})
