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
  /** Something that the task's own work waits for failed and is tried again: why what has begun before does not get on. */
  hindered(reason: string): void
  /** What was failing has succeeded, or is given up. */
  recovered(stage: string): void
  /** A batch was handed to Kafka, or (−1) is acknowledged or given up. */
  outstanding(change: 1 | -1): void
  unfinished(): Unfinished[]
  /** Asks a poll that has waited for so long for a sign of life. */
  askAfter(ms: number): void
}

interface Begun extends Unfinished {
  /** A hook of the plugin, which waits for nothing of ours. */
  isHook: boolean
}

/** A source that has nothing for long is asked less and less often, so that one that works for long comes to an end. */
const mostPatience = 8
/** What was taken is on its way to Kafka. */
export const sendingStage = 'sending records of'

export function createTaskProgress(clock: Pick<Clock, 'monotonic'>, during: During): TaskProgress {
  const underWay = new Set<Begun>()
  const failures = new Map<string, Unfinished>()
  let poll: (Unfinished & { ask: () => void; askedAt: number | null }) | undefined
  let patience = 1
  let sent = 0
  let sentSince = 0
  let hindrance: { reason: string; at: number } | undefined

  async function begin<Result>(begun: Omit<Begun, 'since'>, work: () => PromiseLike<Result> | Result): Promise<Result> {
    const own = { ...begun, since: clock.monotonic() }
    underWay.add(own)
    try {
      return await work()
    } finally {
      underWay.delete(own)
    }
  }

  const hinderedSince = (since: number) => (hindrance && hindrance.at >= since ? hindrance.reason : undefined)

  /** What has failed before it began is no reason why it does not come back. */
  function reasonOf({ stage, since, reason, isHook }: Begun): string | undefined {
    if (reason !== undefined) return reason
    const failure = failures.get(stage)
    if (failure && failure.since >= since) return failure.reason
    // It waits for what was sent before it, too.
    return isHook ? undefined : hinderedSince(sent > 0 ? Math.min(since, sentSince) : since)
  }

  function told(begun: Begun): Unfinished {
    const { stage, since } = begun
    const reason = reasonOf(begun)
    return { stage, since, ...(reason !== undefined && { reason }) }
  }

  return {
    // A poll is known already, and by more than its beginning.
    during: (stage, hook) =>
      during(stage, () => (poll?.stage === stage ? hook() : begin({ stage, isHook: true }, hook))),
    run: (stage, work, reason) => begin({ stage, isHook: false, ...(reason !== undefined && { reason }) }, work),
    hindered(reason) {
      hindrance = { reason, at: clock.monotonic() }
    },
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
      ...[...underWay].map(told),
      ...failures.values(),
      ...(poll ? [{ stage: poll.stage, since: poll.since, askedAt: poll.askedAt }] : []),
      ...(sent > 0
        ? [
            {
              stage: sendingStage,
              since: sentSince,
              reason: hinderedSince(sentSince) ?? 'Kafka has not acknowledged them',
            },
          ]
        : []),
    ],
    askAfter(ms) {
      if (!poll || poll.askedAt !== null || clock.monotonic() - poll.since < ms * patience) return
      poll.askedAt = clock.monotonic()
      poll.ask()
    },
  }
}
