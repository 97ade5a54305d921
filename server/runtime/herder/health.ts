import type { Clock } from '#server/contract/clock.ts'
import type { Health } from '#server/contract/connector.ts'
import type { Membership } from '#server/runtime/membership.ts'
import { type Stages, summarize } from '#server/runtime/stages.ts'

/** How long an answer of `GET /health` waits for a rebalance to end (Kafka: `HealthCheck`, 10 s). */
const patienceMs = 10_000

const ready = 'Worker has completed startup and is ready to handle requests.'

/** What `GET /health` says (KIP-1017): starting until the first round is over, unhealthy when none ends in time. */
export function createHealth(options: {
  membership: Pick<Membership, 'settled' | 'generation'>
  stages: Stages
  clock: Clock
  /** What does not keep the worker from working yet, but will; said beside that it is healthy. */
  warnings?(): readonly string[]
}): () => Promise<Health> {
  const { membership, stages, clock } = options
  const because = (message: string) => `${message} ${summarize(stages.current())}`.trimEnd()

  return async () => {
    if (membership.generation() < 0) return { status: 'starting', message: because('Worker is still starting up.') }
    const patience = new AbortController()
    const late = clock.sleep(patienceMs, patience.signal).then(() => false)
    const settled = membership.settled(patience.signal).then(
      () => true,
      () => false, // given up below, or the worker stops
    )
    const healthy = await Promise.race([settled, late])
    patience.abort()
    return healthy
      ? { status: 'healthy', message: [ready, ...(options.warnings?.() ?? [])].join(' ') }
      : {
          status: 'unhealthy',
          message: because('Worker was unable to handle this request and may be unable to handle other requests.'),
        }
  }
}
