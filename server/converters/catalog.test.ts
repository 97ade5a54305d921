import { expect, test } from 'vitest'
import { converters } from '#server/converters/catalog.ts'
import { describeField } from '#server/core/config-def.ts'
import recorded from '#server/core/testdata/plugins.json' with { type: 'json' }

const ofKafka = recorded.filter(
  ({ class: name, type }) => name.startsWith('org.apache.kafka.connect.') && type.endsWith('converter'),
)

test('the catalog holds every converter that Kafka ships, in the roles that it has there', () => {
  const kafkas = converters.filter(({ class: name }) => name.startsWith('org.apache.kafka.'))
  const roles = kafkas.flatMap(({ class: name, converter, headerConverter }) => [
    ...(converter ? [`converter ${name}`] : []),
    ...(headerConverter ? [`header_converter ${name}`] : []),
  ])
  expect(roles.sort()).toEqual(ofKafka.map(({ class: name, type }) => `${type} ${name}`).sort())
})

test.each(ofKafka)('$class as $type has the settings that Kafka tells', (plugin) => {
  const ours = converters.find(({ class: name }) => name === plugin.class)
  const described = Object.entries(ours?.config ?? {}).map(([key, field]) => {
    const { defaultValue, orderInGroup, displayName, ...same } = describeField(key, field)
    return { ...same, default_value: defaultValue, order_in_group: orderInGroup, display_name: displayName }
  })
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
  expect(described.sort(byName)).toEqual([...plugin.definitions].sort(byName))
})

const withRegistry = converters.filter(({ config }) => 'schema.registry.url' in config)

test.each(withRegistry)('$class explains every setting in a sentence', ({ config }) => {
  for (const field of Object.values(config)) expect(field.doc).toMatch(/^[A-Z].*\.$/)
})

test.each(withRegistry)('$class takes the examples of its settings', async ({ config, converter, loadConverter }) => {
  for (const [key, { example }] of Object.entries(config)) {
    if (example === undefined) continue
    const given = { 'schema.registry.url': 'http://127.0.0.1:8081', [key]: String(example) }
    const made = await (loadConverter ?? converter)?.(given, false)
    expect(made, key).toBeDefined()
    await made?.close?.()
  }
})
