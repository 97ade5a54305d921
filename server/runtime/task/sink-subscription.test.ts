import { expect, test } from 'vitest'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'

test('a sink reads its listed topics from the beginning, in a group of its name', () => {
  expect(subscriptionOf('orders', { topics: ' a , b,,' }, {})).toEqual({
    groupId: 'connect-orders',
    subscribe: { topics: ['a', 'b'] },
    isolation: 'read_uncommitted',
    resetPolicy: 'earliest',
  })
})

test('topics.regex has to match the whole name', () => {
  const { subscribe } = subscriptionOf('orders', { 'topics.regex': 'orders-.*|audit' }, {})
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
  expect(subscriptionOf('orders', connector, worker)).toMatchObject({
    groupId: 'mine',
    resetPolicy: 'latest',
    isolation: 'read_committed',
    rebalanceTimeoutMs: 1000,
    minBytes: 10,
  })
})

test('a time or size that is no number is refused, with the field and the value', () => {
  const worker = { 'consumer.fetch.max.bytes': 'much' }
  expect(() => subscriptionOf('orders', { topics: 'a' }, worker)).toThrow(
    'Invalid value much for configuration fetch.max.bytes: it must be a whole number',
  )
})

const kafkas = 'org.apache.kafka.clients.consumer'

test('partition.assignment.strategy names the assignors in order of preference', () => {
  const strategies = `${kafkas}.CooperativeStickyAssignor, ${kafkas}.RangeAssignor`
  const worker = { 'consumer.partition.assignment.strategy': `${kafkas}.StickyAssignor` }
  expect(subscriptionOf('orders', { topics: 'a' }, worker).assignors).toEqual(['sticky'])
  const connector = { topics: 'a', 'consumer.override.partition.assignment.strategy': strategies }
  expect(subscriptionOf('orders', connector, worker).assignors).toEqual(['cooperative-sticky', 'range'])
})

test.each(['com.acme.Assignor', '', `${kafkas}.RangeAssignor,${kafkas}.RangeAssignor`])(
  'a strategy that no member here has is refused, with the field, the value and what to write: %s',
  (strategy) => {
    const connector = { topics: 'a', 'consumer.override.partition.assignment.strategy': strategy }
    expect(() => subscriptionOf('orders', connector, {})).toThrow(
      expect.objectContaining({
        code: 'SETTING_INVALID',
        message: expect.stringContaining(`Invalid value ${strategy} for configuration partition.assignment.strategy: `),
        problems: [{ field: 'partition.assignment.strategy', message: expect.stringMatching(/list one or more|once/) }],
      }),
    )
  },
)
