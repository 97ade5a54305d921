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
