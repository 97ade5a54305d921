import { expect, test } from 'vitest'
import { groupFor, topicCreationGroups } from '#server/core/topic-creation.ts'

const base = { 'topic.creation.default.partitions': '4', 'topic.creation.default.replication.factor': '-1' }

function settingsOf(config: Record<string, string>, topic: string) {
  const { name, partitions, replicationFactor, config: settings } = groupFor(topicCreationGroups(config) ?? [], topic)
  return { name, partitions, replicationFactor, settings }
}

test('without a key of topic creation there are no groups, and the broker decides', () => {
  expect(topicCreationGroups({ name: 'c', topic: 't' })).toBeUndefined()
})

test('the default group takes every topic with its settings, whatever it includes or excludes', () => {
  const config = { ...base, 'topic.creation.default.cleanup.policy': 'compact', 'topic.creation.default.exclude': '.*' }
  expect(settingsOf(config, 'any')).toEqual({
    name: 'default',
    partitions: 4,
    replicationFactor: -1,
    settings: { 'cleanup.policy': 'compact' },
  })
})

test('the first group in the list that includes a topic and does not exclude it decides', () => {
  const config = {
    ...base,
    'topic.creation.groups': 'logs, wide,default',
    'topic.creation.logs.include': 'log-.*, audit',
    'topic.creation.logs.exclude': 'log-private.*',
    'topic.creation.logs.partitions': '1',
    'topic.creation.logs.retention.ms': '1000',
    'topic.creation.wide.include': '.*-wide|log-x',
    'topic.creation.wide.replication.factor': '3',
    'topic.creation.default.cleanup.policy': 'compact',
  }
  expect(settingsOf(config, 'log-x')).toEqual({
    name: 'logs',
    partitions: 1,
    replicationFactor: -1,
    settings: { 'retention.ms': '1000' },
  })
  expect(settingsOf(config, 'audit').name).toBe('logs')
  expect(settingsOf(config, 'log-private-wide')).toEqual({
    name: 'wide',
    partitions: 4,
    replicationFactor: 3,
    settings: {},
  })
  expect(settingsOf(config, 'my-audit').name).toBe('default')
  expect(settingsOf(config, 'audits').name).toBe('default')
})

test('a group that includes nothing takes nothing', () => {
  expect(settingsOf({ ...base, 'topic.creation.groups': 'idle' }, 'any').name).toBe('default')
})

test.each([
  [
    { 'topic.creation.groups': 'a' },
    'Missing required configuration "topic.creation.default.replication.factor" which has no default value.',
  ],
  [
    { 'topic.creation.default.replication.factor': '1' },
    'Missing required configuration "topic.creation.default.partitions" which has no default value.',
  ],
  [
    { ...base, 'topic.creation.default.partitions': '0' },
    "Invalid value 0 for configuration topic.creation.default.partitions: Number of partitions must be positive, or -1 to use the broker's default",
  ],
  [
    { ...base, 'topic.creation.groups': 'a', 'topic.creation.a.replication.factor': 'x' },
    'Invalid value x for configuration topic.creation.a.replication.factor: Not a number of type SHORT',
  ],
  [
    { ...base, 'topic.creation.groups': 'a', 'topic.creation.a.include': '(' },
    'Invalid value ( for configuration topic.creation.a.include: Unclosed group near index 1\n(',
  ],
])('%j is refused in Kafka words', (config, message) => {
  expect(() => topicCreationGroups(config as Record<string, string>)).toThrow(message)
})
