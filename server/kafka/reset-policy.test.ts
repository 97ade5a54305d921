import { expect, test } from 'vitest'
import { readResetPolicy } from '#server/kafka/reset-policy.ts'

test.each([
  ['earliest', 'earliest'],
  ['LATEST', 'latest'],
  ['none', 'none'],
  ['by_duration:P1D', { lastMs: 86_400_000 }],
  ['by_duration:PT1H30M', { lastMs: 5_400_000 }],
  ['by_duration:P2DT3H4M5.6S', { lastMs: 183_845_600 }],
  ['by_duration:PT0S', { lastMs: 0 }],
  ['newest', undefined],
  ['', undefined],
  ['by_duration', undefined],
  ['by_duration:', undefined],
  ['by_duration:P', undefined],
  ['by_duration:PT', undefined],
  ['by_duration:P1DT', undefined],
  ['by_duration:PT-1H', undefined],
  ['by_duration:-PT1H', undefined],
  ['by_duration:1 hour', undefined],
])('auto.offset.reset=%s means %o', (text, policy) => {
  expect(readResetPolicy(text)).toEqual(policy)
})
