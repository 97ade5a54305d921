import { expect, test } from 'vitest'
import { int, text } from '#server/contract/config-field.ts'
import { pluginConfigKeys } from '#server/core/plugin-config-keys.ts'
import type { KnownPlugin } from '#server/core/plugin-lookup.ts'

const plugin = (type: KnownPlugin['type']): KnownPlugin => ({
  class: 'sluice.test.Plugin',
  aliases: [],
  type,
  version: '1.2.3',
  fields: {
    file: text({ doc: 'A file.', importance: 'high' }),
    'batch.size': int({ doc: 'How many.', importance: 'low', default: 2000 }),
  },
})

test("lists a connector's own keys before those of every connector", () => {
  const names = pluginConfigKeys(plugin('source')).map((key) => key.name)
  expect(names.slice(0, 5)).toEqual(['file', 'batch.size', 'name', 'connector.class', 'connector.plugin.version'])
  expect(names.at(-1)).toBe('offsets.storage.topic')
  expect(pluginConfigKeys(plugin('sink')).map((key) => key.name)).toContain('topics.regex')
})

test("shows the plugin's version as the default of connector.plugin.version", () => {
  const key = pluginConfigKeys(plugin('sink')).find(({ name }) => name === 'connector.plugin.version')
  expect(key).toMatchObject({ defaultValue: '1.2.3', required: false })
})

test('shows of any other plugin only what it defines itself', () => {
  expect(pluginConfigKeys(plugin('converter'))).toEqual([
    expect.objectContaining({ name: 'file', required: true, defaultValue: null, group: null, orderInGroup: -1 }),
    expect.objectContaining({ name: 'batch.size', required: false, defaultValue: '2000', width: 'NONE' }),
  ])
})
