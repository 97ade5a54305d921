import { expect, test } from 'vitest'
import { int, text } from '#server/contract/config-field.ts'
import { nearestKey } from '#server/contract/nearest-key.ts'
import { configWarnings } from '#server/core/config-warnings.ts'

const defined = {
  'tasks.max': int({ doc: 'How many.', importance: 'low', default: 1 }),
  topic: text({ doc: 'Where to.', importance: 'high' }),
  topics: text({ doc: 'Where to.', importance: 'high', default: '' }),
  'old.key': text({ doc: 'Old.', importance: 'low', default: null, deprecated: 'topic' }),
}
const keysOf = (config: Record<string, string>) => configWarnings(config, defined).map(({ key }) => key)

test('a key that nobody defines is told with the nearest one that somebody does', () => {
  expect(configWarnings({ 'task.max': '1', topicc: 'a', whatever: 'x', topic: 't' }, defined)).toEqual([
    {
      key: 'task.max',
      message: 'Neither the connector nor the framework defines this setting. Did you mean tasks.max?',
      meant: 'tasks.max',
    },
    {
      key: 'topicc',
      message: 'Neither the connector nor the framework defines this setting. Did you mean topic?',
      meant: 'topic',
    },
    { key: 'whatever', message: 'Neither the connector nor the framework defines this setting.', meant: null },
  ])
})

test('settings of clients, of Sluice and of topics to be created are no strangers', () => {
  const config = {
    'producer.override.linger.ms': '5',
    'sluice.restart.policy': 'x',
    'topic.creation.groups': 'wide',
    'topic.creation.default.partitions': '1',
    'topic.creation.wide.cleanup.policy': 'compact',
  }
  expect(keysOf(config)).toEqual(['topic.creation.groups']) // which every source defines
  expect(keysOf({ ...config, 'topic.creation.narrow.partitions': '1' })).toContain('topic.creation.narrow.partitions')
})

test.each([
  ['transforms.a.field', 'transforms does not name a.'],
  ['predicates.p.pattern', 'predicates does not name p.'],
  ['value.converter.schemas.enable', 'the connector chooses no value.converter of its own'],
  ['config.providers.env.class', 'config providers are settings of the worker'],
])('%s says why it has no effect', (key, why) => {
  const [warning] = configWarnings({ [key]: 'x' }, defined)
  expect(warning).toMatchObject({ key, message: expect.stringContaining(`This setting has no effect: `), meant: null })
  expect(warning?.message).toContain(why)
})

test('a deprecated key is told with what takes its place', () => {
  expect(configWarnings({ 'old.key': 'x' }, defined)).toEqual([
    { key: 'old.key', message: 'This setting is deprecated. Use topic instead.', meant: 'topic' },
  ])
})

test('of two near keys the nearer one is meant, and a far one never', () => {
  expect(nearestKey('tipics', ['topic', 'topics'])).toBe('topics')
  expect(nearestKey('producer.override.acks', ['file', 'tasks.max'])).toBeUndefined()
})
