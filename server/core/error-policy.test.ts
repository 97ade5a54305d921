import { expect, test } from 'vitest'
import { deadLetterSettings, errorReport, errorSettings, retryDelayMs } from '#server/core/error-policy.ts'

const settings = errorSettings({ 'errors.retry.timeout': '10000', 'errors.retry.delay.max.ms': '1000' })

test('without keys nothing is retried, tolerated or logged', () => {
  expect(errorSettings({})).toEqual({
    tolerance: 'none',
    retryTimeoutMs: 0,
    retryDelayMaxMs: 60_000,
    log: false,
    logMessages: false,
  })
  expect(retryDelayMs(1, 0, errorSettings({}), 0.5)).toBeUndefined()
})

test('delays double from 300 ms, then stay below the maximum', () => {
  expect([1, 2, 3].map((attempt) => retryDelayMs(attempt, 0, settings, 0.5))).toEqual([300, 600, 500])
})

test('no delay reaches past the deadline', () => {
  expect(retryDelayMs(2, 9_900, settings, 0.5)).toBe(100)
  expect(retryDelayMs(2, 10_000, settings, 0.5)).toBeUndefined()
})

test('minus one retries for ever', () => {
  const forever = errorSettings({ 'errors.retry.timeout': '-1' })
  expect(retryDelayMs(1, 1e9, forever, 0)).toBe(300)
})

test('a report says task, stage and class, and the record only on request', () => {
  expect(errorReport('orders-sink-0', 'VALUE_CONVERTER', 'a.B')).toBe(
    "Error encountered in task orders-sink-0. Executing stage 'VALUE_CONVERTER' with class 'a.B'.",
  )
  expect(errorReport('orders-sink-0', 'TASK_PUT', 'a.B', 'source record is = x')).toContain(
    "with class 'a.B', where source record is = x.",
  )
})

test('a dead letter queue is there when it has a name, with three replicas and without context unless asked otherwise', () => {
  expect(deadLetterSettings({})).toBeUndefined()
  expect(deadLetterSettings({ 'errors.deadletterqueue.topic.name': ' ' })).toBeUndefined()
  const named = { 'errors.deadletterqueue.topic.name': 'dlq' }
  expect(deadLetterSettings(named)).toEqual({ topic: 'dlq', replicationFactor: 3, contextHeaders: false })
  expect(
    deadLetterSettings({
      ...named,
      'errors.deadletterqueue.topic.replication.factor': '1',
      'errors.deadletterqueue.context.headers.enable': 'TRUE',
    }),
  ).toEqual({ topic: 'dlq', replicationFactor: 1, contextHeaders: true })
})
