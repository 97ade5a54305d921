import { expect, test } from 'vitest'
import { topicUsers } from '#server/console/topic-users.ts'
import type { ConnectorConfig, ConnectorType } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const connector = (name: string, type: ConnectorType, config: ConnectorConfig) => ({
  name,
  info: { name, type, config, tasks: [] },
  status: null,
})
const watcher = {
  ...createMemoryHerder(),
  listExpanded: async () => [
    connector('tables', 'source', { 'topic.prefix': 'shop.' }),
    connector('named', 'source', { topic: 'shop.orders' }),
    connector('list', 'sink', { topics: 'other, shop.orders' }),
    connector('pattern', 'sink', { 'topics.regex': 'shop[.].*' }),
    connector('part', 'sink', { 'topics.regex': 'shop' }),
    connector('broken', 'sink', { 'topics.regex': '(' }),
    connector('elsewhere', 'sink', { topics: 'other' }),
  ],
}

test('a topic knows who writes it, by name or by what was used, and who reads it, by list or by pattern', async () => {
  const activeTopics = async (name: string) => (name === 'tables' ? ['shop.orders'] : [])
  expect(await topicUsers({ watcher: { ...watcher, activeTopics } }, 'shop.orders')).toEqual({
    writers: ['named', 'tables'],
    readers: ['list', 'pattern'],
  })
})

test('where used topics are not tracked, what configs name is told', async () => {
  const activeTopics = () => Promise.reject(new ConnectError('TOPIC_TRACKING_DISABLED', 'no'))
  expect(await topicUsers({ watcher: { ...watcher, activeTopics } }, 'shop.orders')).toEqual({
    writers: ['named'],
    readers: ['list', 'pattern'],
  })
})
