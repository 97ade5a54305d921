import { expect, test } from 'vitest'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'

const task0 = { connector: 'orders', task: 0 }

test('a sink reads its listed topics from the beginning, in a group of its name', () => {
  expect(subscriptionOf(task0, { topics: ' a , b,,' }, {})).toEqual({
    groupId: 'connect-orders',
    subscribe: { topics: ['a', 'b'] },
    isolation: 'read_uncommitted',
    resetPolicy: 'earliest',
  })
})

test('topics.regex has to match the whole name', () => {
  const { subscribe } = subscriptionOf(task0, { 'topics.regex': 'orders-.*|audit' }, {})
  const matches = 'matches' in subscribe ? subscribe.matches : () => false
  expect(['orders-eu', 'audit', 'my-orders-eu', 'audits'].map(matches)).toEqual([true, true, false, false])
})

test('an override of the connector beats the consumer keys of the worker', () => {
  const connector = {
    topics: 'a',
    'consumer.override.group.id': 'mine',
    'consumer.override.auto.offset.reset': 'latest',
    'consumer.override.max.poll.interval.ms': '1000',
  }
  const worker = {
    'consumer.isolation.level': 'read_committed',
    'consumer.max.poll.interval.ms': '2000',
    'consumer.fetch.min.bytes': '10',
  }
  expect(subscriptionOf(task0, connector, worker)).toMatchObject({
    groupId: 'mine',
    resetPolicy: 'latest',
    isolation: 'read_committed',
    maxPollIntervalMs: 1000,
    minBytes: 10,
  })
})

test('where a sink is and whether it checks checksums is said by the connector before the worker', () => {
  const worker = { 'consumer.client.rack': 'eu-1a', 'consumer.check.crcs': 'false' }
  expect(subscriptionOf(task0, { topics: 'a' }, worker)).toMatchObject({ rack: 'eu-1a', checkCrcs: false })
  const connector = {
    topics: 'a',
    'consumer.override.client.rack': 'eu-1b',
    'consumer.override.check.crcs': 'TRUE',
  }
  expect(subscriptionOf(task0, connector, worker)).toMatchObject({ rack: 'eu-1b', checkCrcs: true })
  const unsure = { topics: 'a', 'consumer.override.check.crcs': 'maybe' }
  expect(() => subscriptionOf(task0, unsure, {})).toThrow('Invalid value maybe for configuration check.crcs: Expected')
})

test('a time or size that is no number is refused, with the field and the value', () => {
  const worker = { 'consumer.fetch.max.bytes': 'much' }
  expect(() => subscriptionOf(task0, { topics: 'a' }, worker)).toThrow(
    'Invalid value much for configuration fetch.max.bytes: it must be a whole number',
  )
})

test.each([
  ['auto.offset.reset', 'newest'],
  ['auto.offset.reset', 'by_duration:soon'],
  ['isolation.level', 'READ_COMMITTED'],
])('%s=%s is refused, not taken for the default', (key, value) => {
  expect(() => subscriptionOf(task0, { topics: 'a', [`consumer.override.${key}`]: value }, {})).toThrow(
    `Invalid value ${value} for configuration ${key}: `,
  )
})

test('topics are created and Kafka’s own are left alone unless it says otherwise', () => {
  const connector = { 'topics.regex': '.*' }
  expect(subscriptionOf(task0, connector, {})).not.toHaveProperty('createsTopics')
  expect(subscriptionOf(task0, connector, {}).subscribe).not.toHaveProperty('internalToo')
  const worker = { 'consumer.allow.auto.create.topics': 'false', 'consumer.exclude.internal.topics': 'False' }
  expect(subscriptionOf(task0, connector, worker)).toMatchObject({
    createsTopics: false,
    subscribe: { internalToo: true },
  })
  expect(() => subscriptionOf(task0, connector, { 'consumer.allow.auto.create.topics': 'no' })).toThrow(
    'Invalid value no for configuration allow.auto.create.topics: Expected value to be either true or false',
  )
})

test.each(['max.poll.records', 'max.poll.interval.ms'])('%s is at least one', (key) => {
  expect(() => subscriptionOf(task0, { topics: 'a', [`consumer.override.${key}`]: '0' }, {})).toThrow(
    `Invalid value 0 for configuration ${key}: Value must be at least 1`,
  )
})

test('heartbeats that are made for the session of Kafka’s consumer get that session', () => {
  const timesOf = (config: Record<string, string>) => {
    const prefixed = Object.entries(config).map(([key, value]) => [`consumer.override.${key}`, value])
    const { sessionTimeoutMs, heartbeatIntervalMs } = subscriptionOf(
      task0,
      { topics: 'a', ...Object.fromEntries(prefixed) },
      {},
    )
    return [sessionTimeoutMs, heartbeatIntervalMs]
  }
  expect(timesOf({})).toEqual([undefined, undefined])
  expect(timesOf({ 'heartbeat.interval.ms': '2000' })).toEqual([10_000, 2_000])
  expect(timesOf({ 'heartbeat.interval.ms': '15000' })).toEqual([45_000, 15_000])
  expect(timesOf({ 'session.timeout.ms': '30000', 'heartbeat.interval.ms': '15000' })).toEqual([30_000, 15_000])
  for (const config of [{ 'session.timeout.ms': '3000' }, { 'heartbeat.interval.ms': '45000' }]) {
    expect(() => timesOf(config)).toThrow('Heartbeat must be set lower than the session timeout')
  }
})

const kafkas = 'org.apache.kafka.clients.consumer'

test('partition.assignment.strategy names the assignors in order of preference', () => {
  const strategies = `${kafkas}.CooperativeStickyAssignor, ${kafkas}.RangeAssignor`
  const worker = { 'consumer.partition.assignment.strategy': `${kafkas}.StickyAssignor` }
  expect(subscriptionOf(task0, { topics: 'a' }, worker).assignors).toEqual(['sticky'])
  const connector = { topics: 'a', 'consumer.override.partition.assignment.strategy': strategies }
  expect(subscriptionOf(task0, connector, worker).assignors).toEqual(['cooperative-sticky', 'range'])
})

test.each(['com.acme.Assignor', '', `${kafkas}.RangeAssignor,${kafkas}.RangeAssignor`])(
  'a strategy that no member here has is refused, with the field, the value and what to write: %s',
  (strategy) => {
    const connector = { topics: 'a', 'consumer.override.partition.assignment.strategy': strategy }
    expect(() => subscriptionOf(task0, connector, {})).toThrow(
      expect.objectContaining({
        code: 'SETTING_INVALID',
        message: expect.stringContaining(`Invalid value ${strategy} for configuration partition.assignment.strategy: `),
        problems: [{ field: 'partition.assignment.strategy', message: expect.stringMatching(/list one or more|once/) }],
      }),
    )
  },
)

test('KIP-345: group.instance.id is the name of one task, and each other one has its own', () => {
  const connector = { topics: 'a', 'consumer.override.group.instance.id': 'orders-sink' }
  const ids = [0, 1, 2].map((task) => subscriptionOf({ connector: 'orders', task }, connector, {}).groupInstanceId)
  expect(ids).toEqual(['orders-sink', 'orders-sink-1', 'orders-sink-2'])
  expect(() => subscriptionOf(task0, { topics: 'a', 'consumer.override.group.instance.id': '' }, {})).toThrow(
    'Invalid value for configuration group.instance.id: String must be non-empty',
  )
})
