import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connectors } from '#server/connectors/catalog.ts'
import { kafkaVersion } from '#server/connectors/kafka-version.ts'
import { sluiceVersion } from '#server/connectors/sluice-version.ts'
import { evaluateFields } from '#server/core/config-def.ts'
import { commonKeys, sinkKeys, sourceKeys } from '#server/core/connector-keys.ts'
import { pluginKind } from '#server/sdk/connector.ts'

const frameworkKeys = { ...commonKeys, ...sourceKeys, ...sinkKeys }

describe.each(connectors)('$class', (plugin) => {
  const { config, example } = plugin
  const problems = (given: Record<string, string>) =>
    evaluateFields(config, given).flatMap(({ name, errors }) => (name in given ? errors : []))

  test('says in a sentence what it does', () => {
    expect(plugin.title).toMatch(/^[A-Z]/)
    expect(plugin.summary).toMatch(/^[A-Z].*\.$/)
  })

  test('explains every setting in a sentence', () => {
    // Kafka's own texts stay as Kafka has them, without a period.
    const sentence = plugin.version === kafkaVersion ? /^[A-Z].{10,}[^\s]$/ : /^[A-Z].{10,}\.$/
    for (const [name, { doc }] of Object.entries(config)) expect(doc, name).toMatch(sentence)
  })

  test('gives for every setting an example, or a default, that it takes itself', () => {
    for (const [name, field] of Object.entries(config)) {
      if (field.example !== undefined) expect(problems({ [name]: field.example }), name).toEqual([])
      else expect(field.default, `${name} has neither`).not.toBeUndefined()
      for (const value of field.recommended ?? []) expect(problems({ [name]: value }), name).toEqual([])
    }
  })

  test('has an example that works as it stands', () => {
    const topics = plugin[pluginKind] === 'sink' ? { ...config, topics: frameworkKeys.topics } : config
    expect(evaluateFields(topics, example).flatMap(({ errors }) => errors)).toEqual([])
    for (const name of Object.keys(example))
      expect([...Object.keys(config), ...Object.keys(frameworkKeys)]).toContain(name)
  })

  test('takes no key that is the framework’s', () => {
    for (const name of Object.keys(config)) expect(Object.keys(frameworkKeys)).not.toContain(name)
  })

  test('puts its groups, where it has any, in an order', () => {
    const grouped = Object.values(config).filter(({ group }) => group !== undefined)
    const places = grouped.map(({ group, order }) => `${group} ${order}`)
    expect(new Set(places).size).toBe(grouped.length)
    for (const { displayName } of grouped) expect(displayName).toBeTruthy()
  })

  test('loads the code that it names', async () => {
    const module = await plugin.load()
    expect(module.createTask).toBeTypeOf('function')
    expect(module.validate !== undefined).toBe(plugin.validates ?? false)
  })
})

test('no two connectors answer to one name', () => {
  const simple = connectors.map(({ class: name }) => name.slice(name.lastIndexOf('.') + 1))
  expect(new Set(simple).size).toBe(connectors.length)
})

test('connectors of our own have the version of Sluice', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string
  }
  expect(sluiceVersion).toBe(manifest.version)
})
