import type { Clock } from '#server/contract/clock.ts'
import type { Unfinished } from '#server/core/stall.ts'
import type { During } from '#server/runtime/task/task-runner.ts'

/** What a task has begun and not finished: the evidence by which a task that hangs is told from one that waits. */
export interface TaskProgress {
  /** Knows a hook while it runs. */
  during: During
  /** A poll is under way, which may rightly wait; `ask` ends a wait that is one. */
  polling<Result>(poll: () => Promise<Result>, ask: () => void): Promise<Result>
  /** Knows other work of the task while it lasts; `reason` is why it would not get on. */
  run<Result>(stage: string, work: () => Promise<Result>, reason?: string): Promise<Result>
  /** Something was tried, failed, and is tried again. */
  failing(stage: string, reason: string): void
  /** What was failing has succeeded, or is given up. */
  recovered(stage: string): void
  /** A batch was handed to Kafka, or (−1) is acknowledged or given up. */
  outstanding(change: 1 | -1): void
  unfinished(): Unfinished[]
  /** Asks a poll that has waited for so long for a sign of life. */
  askAfter(ms: number): void
}

/** A source that has nothing for long is asked less and less often, so that one that works for long comes to an end. */
const mostPatience = 8

export function createTaskProgress(clock: Pick<Clock, 'monotonic'>, during: During): TaskProgress {
  const underWay = new Set<Unfinished>()
  const failures = new Map<string, Unfinished>()
  let poll: (Unfinished & { ask: () => void; askedAt: number | null }) | undefined
  let patience = 1
  let sent = 0
  let sentSince = 0

  async function run<Result>(
    stage: string,
    work: () => PromiseLike<Result> | Result,
    reason?: string,
  ): Promise<Result> {
    const own = { stage, since: clock.monotonic(), ...(reason !== undefined && { reason }) }
    underWay.add(own)
    try {
      return await work()
    } finally {
      underWay.delete(own)
    }
  }

  return {
    // A poll is known already, and by more than its beginning.
    during: (stage, hook) => during(stage, () => (poll?.stage === stage ? hook() : run(stage, hook))),
    run,
    async polling(work, ask) {
      const own = { stage: 'polling', since: clock.monotonic(), ask, askedAt: null }
      poll = own
      try {
        const result = await work()
        patience = result === null && poll.askedAt !== null ? Math.min(patience * 2, mostPatience) : 1
        return result
      } finally {
        poll = undefined
      }
    },
    failing(stage, reason) {
      failures.set(stage, { stage, since: failures.get(stage)?.since ?? clock.monotonic(), reason })
    },
    recovered: (stage) => void failures.delete(stage),
    outstanding(change) {
      // What is handed over later makes what waits already no younger.
      if (sent === 0 || change < 0) sentSince = clock.monotonic()
      sent += change
    },
    unfinished: () => [
      ...underWay,
      ...failures.values(),
      ...(poll ? [{ stage: poll.stage, since: poll.since, askedAt: poll.askedAt }] : []),
      ...(sent > 0
        ? [{ stage: 'sending records of', since: sentSince, reason: 'Kafka has not acknowledged them' }]
        : []),
    ],
    askAfter(ms) {
      if (!poll || poll.askedAt !== null || clock.monotonic() - poll.since < ms * patience) return
      poll.askedAt = clock.monotonic()
      poll.ask()
    },
  }
}
