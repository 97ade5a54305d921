import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultRestartPolicy, judgeFailure, type RestartPolicy, restartPolicyOf } from '#server/core/restart-policy.ts'

const policy: RestartPolicy = { attempts: 3, firstDelayMs: 100, mostDelayMs: 250, healthyMs: 1_000 }
const down = { at: 5_000, trace: 'Error: connection refused' }
const neverUp = (made: number) => ({ made, runningSince: null })

test('waits twice as long before each restart, up to the most, and leaves it when the budget is used up', () => {
  const delays = [0, 1, 2, 3].map((made) => judgeFailure(neverUp(made), down, policy, 0.5))
  expect(delays).toEqual([
    { verdict: 'restart', attempt: 1, delayMs: 100 },
    { verdict: 'restart', attempt: 2, delayMs: 200 },
    { verdict: 'restart', attempt: 3, delayMs: 250 },
    { verdict: 'leave', why: 'spent' },
  ])
})

test('a healthy period begins the count anew, a short one does not', () => {
  expect(judgeFailure({ made: 3, runningSince: 4_000 }, down, policy, 0.5)).toMatchObject({ attempt: 1 })
  expect(judgeFailure({ made: 2, runningSince: 4_001 }, down, policy, 0.5)).toMatchObject({ attempt: 3 })
})

test.each([
  'Error: Tolerance exceeded in error handler\nCaused by: DataException: no number',
  'org.apache.kafka.common.config.ConfigException: bad',
  'ConnectError: Missing required configuration "topic" which has no default value.',
  'ConnectError: Invalid value x for configuration batch.size: Not a number of type INT',
  'ConnectError: Invalid value for configuration retries: Must set retries to non-zero when using the idempotent producer.',
])('what a restart would only repeat waits for a person: %s', (trace) => {
  expect(judgeFailure(neverUp(0), { at: 0, trace }, policy, 0.5)).toEqual({ verdict: 'leave', why: 'fatal' })
})

test('delays stay within a fifth of what they should be, and no failure is restarted more often than the budget', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (made, random) => {
      const verdict = judgeFailure(neverUp(made), down, defaultRestartPolicy, random)
      if (made >= defaultRestartPolicy.attempts) return verdict.verdict === 'leave'
      const plain = Math.min(1_000 * 2 ** made, 300_000)
      return verdict.verdict === 'restart' && Math.abs(verdict.delayMs - plain) <= plain * 0.2 + 1
    }),
  )
})

describe('the policy of a connector', () => {
  const worker = { enabled: true, policy }

  test("is the worker's where its config says nothing, or nothing that can be read", () => {
    expect(restartPolicyOf({}, worker)).toEqual(policy)
    expect(restartPolicyOf({}, { ...worker, enabled: false })).toBeNull()
    expect(restartPolicyOf({ 'sluice.restart.max.attempts': 'many' }, worker)).toEqual(policy)
  })

  test('can be switched on and off, and changed key by key', () => {
    expect(restartPolicyOf({ 'sluice.restart.policy': 'never' }, worker)).toBeNull()
    const own = {
      'sluice.restart.policy': 'On-Failure',
      'sluice.restart.max.attempts': '0',
      'sluice.restart.backoff.ms': '7',
    }
    expect(restartPolicyOf(own, { ...worker, enabled: false })).toEqual({ ...policy, attempts: 0, firstDelayMs: 7 })
  })
})
