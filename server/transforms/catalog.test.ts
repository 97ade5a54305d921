import { expect, test } from 'vitest'
import { describeField, parseConfig } from '#server/core/config-def.ts'
import recorded from '#server/core/testdata/plugins.json' with { type: 'json' }
import { pluginKind } from '#server/sdk/connector.ts'
import { predicates, transforms } from '#server/transforms/catalog.ts'

const ours = [...transforms, ...predicates]
const ofKafka = recorded.filter(
  ({ class: name, type }) =>
    name.startsWith('org.apache.kafka.connect.') && (type === 'transformation' || type === 'predicate'),
)
/** Of some classes the settings were not recorded; of others those of `X$Key` or of `X$Value` alone. */
const unrecorded = /MaskField|RegexRouter|TimestampConverter/
const baseOf = (name: string) => name.replace(/\$(Key|Value)$/, '')
const told = ofKafka
  .filter(({ class: name }) => !unrecorded.test(name))
  .map(({ class: name }) => {
    const variants = ofKafka.filter((plugin) => baseOf(plugin.class) === baseOf(name))
    return {
      class: name,
      definitions: variants.map(({ definitions }) => definitions).find((list) => list.length > 0) ?? [],
    }
  })

test('the catalog holds every transform and predicate that Kafka ships', () => {
  const names = ours.map(({ class: name, [pluginKind]: type }) => `${type} ${name}`)
  const theirs = names.filter((name) => name.includes('org.apache.kafka.'))
  expect(theirs.sort()).toEqual(ofKafka.map(({ class: name, type }) => `${type} ${name}`).sort())
})

test.each(told)('$class has the settings that Kafka tells', (plugin) => {
  const found = ours.find(({ class: name }) => name === plugin.class)
  const described = Object.entries(found?.config ?? {}).map(([key, field]) => {
    const { defaultValue, orderInGroup, displayName, ...same } = describeField(key, field)
    return { ...same, default_value: defaultValue, order_in_group: orderInGroup, display_name: displayName }
  })
  // Kafka lists them in hash order.
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
  expect(described.sort(byName)).toEqual([...plugin.definitions].sort(byName))
})

test.each(ours)('$class works as its example shows, and says in a sentence what it does', (plugin) => {
  const parsed = parseConfig(plugin.config, plugin.example)
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  expect(Object.keys(plugin.config)).toEqual(expect.arrayContaining(Object.keys(plugin.example)))
  expect(plugin.validate?.(parsed.value as never) ?? {}).toEqual({})
  expect(plugin.create(parsed.value as never)).toBeTypeOf('object')
  expect(plugin.summary).toMatch(/^[A-Z].*\.$/)
})
