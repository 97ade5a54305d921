import type { ConnectorConfig } from '#server/contract/connector.ts'

/** When a failed connector or task is restarted by itself. */
export interface RestartPolicy {
  /** Restarts in a row before a person has to look. */
  attempts: number
  /** The wait before the first of them; each further one waits twice as long. */
  firstDelayMs: number
  mostDelayMs: number
  /** After this long without a failure the count begins anew. */
  healthyMs: number
}

export const defaultRestartPolicy: RestartPolicy = {
  attempts: 10,
  firstDelayMs: 1_000,
  mostDelayMs: 300_000,
  healthyMs: 600_000,
}

/** What is known of an instance's restarts. */
export interface RestartHistory {
  /** Restarts since it was last healthy. */
  made: number
  /** When it came up last; null while it never did. */
  runningSince: number | null
}

export type RestartVerdict =
  /** `attempt` counts from 1. */
  | { verdict: 'restart'; attempt: number; delayMs: number }
  /** A restart would fail in the same way: it waits for a person. */
  | { verdict: 'leave'; why: 'fatal' | 'spent' }

/** What to do about a failure at `at`, in ms by the clock of `runningSince`. `random` in [0, 1) spreads restarts by a fifth either way. */
export function judgeFailure(
  history: RestartHistory,
  failure: { at: number; trace: string },
  policy: RestartPolicy,
  random: number,
): RestartVerdict {
  if (isFatal(failure.trace)) return { verdict: 'leave', why: 'fatal' }
  const healthy = history.runningSince !== null && failure.at - history.runningSince >= policy.healthyMs
  const made = healthy ? 0 : history.made
  if (made >= policy.attempts) return { verdict: 'leave', why: 'spent' }
  const plain = Math.min(policy.firstDelayMs * 2 ** made, policy.mostDelayMs)
  return { verdict: 'restart', attempt: made + 1, delayMs: Math.round(plain * (0.8 + random * 0.4)) }
}

/**
 * Failures that a restart repeats: the same record or the same config is refused again. All there is to judge by is the
 * trace, in the words of Kafka Connect and its plugins.
 */
const fatalWords = [
  'Tolerance exceeded in error handler',
  /\b(?:Config|Data|SchemaBuilder|Serialization)Exception\b/,
  /Missing required configuration|Invalid value (?:[^\n]* )?for configuration/,
  'Failed to find any class that implements',
]

const isFatal = (trace: string): boolean =>
  fatalWords.some((words) => (typeof words === 'string' ? trace.includes(words) : words.test(trace)))

/** The keys of a connector's config that choose its policy; a JVM worker ignores them. */
export const restartKeys = {
  policy: 'sluice.restart.policy',
  attempts: 'sluice.restart.max.attempts',
  firstDelayMs: 'sluice.restart.backoff.ms',
  mostDelayMs: 'sluice.restart.backoff.max.ms',
  healthyMs: 'sluice.restart.reset.ms',
} as const

export const restartPolicies = ['on-failure', 'never'] as const

/**
 * The policy of one connector, null when it is not restarted. What its config does not say, or says wrongly, is the
 * worker's to say.
 */
export function restartPolicyOf(
  config: ConnectorConfig,
  worker: { enabled: boolean; policy: RestartPolicy },
): RestartPolicy | null {
  const said = config[restartKeys.policy]?.trim().toLowerCase()
  const enabled = said === 'on-failure' || (said !== 'never' && worker.enabled)
  if (!enabled) return null
  const whole = (key: string, fallback: number) => {
    const text = config[key]?.trim() ?? ''
    return /^\d{1,12}$/.test(text) ? Number(text) : fallback
  }
  return {
    attempts: whole(restartKeys.attempts, worker.policy.attempts),
    firstDelayMs: whole(restartKeys.firstDelayMs, worker.policy.firstDelayMs),
    mostDelayMs: whole(restartKeys.mostDelayMs, worker.policy.mostDelayMs),
    healthyMs: whole(restartKeys.healthyMs, worker.policy.healthyMs),
  }
}
