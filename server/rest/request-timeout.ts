import type { Clock } from '#server/contract/clock.ts'
import { ConnectError } from '#server/contract/errors.ts'

/** What the worker is doing, or did last, in milliseconds since the epoch (Kafka: `Stage`). */
export interface Stage {
  description: string
  startedAt: number
  completedAt?: number
}

/** Gives up waiting after `timeoutMs`, saying what the worker was busy with; the work itself goes on. */
export async function withRequestTimeout<Result>(
  work: Promise<Result>,
  options: { timeoutMs: number; clock: Clock; stage: () => Stage | undefined },
): Promise<Result> {
  const finished = new AbortController()
  const timer = options.clock.sleep(options.timeoutMs, finished.signal).then(() => {
    if (finished.signal.aborted) return new Promise<never>(() => {})
    throw new ConnectError('REQUEST_TIMED_OUT', timeoutMessage(options.stage()))
  })
  try {
    return await Promise.race([work, timer])
  } finally {
    finished.abort()
  }
}

function timeoutMessage(stage: Stage | undefined): string {
  if (!stage) return 'Request timed out'
  const began = new Date(stage.startedAt).toISOString()
  if (stage.completedAt === undefined) {
    return `Request timed out. The worker is currently ${stage.description}, which began at ${began}.`
  }
  const ended = new Date(stage.completedAt).toISOString()
  return `Request timed out. The last operation the worker completed was ${stage.description}, which began at ${began} and completed at ${ended}.`
}
