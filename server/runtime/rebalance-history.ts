import type { Rebalance } from '#server/contract/assignments.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { NewEvent } from '#server/contract/events.ts'
import { createRebalanceBook, type DealtRound, type InstanceId } from '#server/core/rebalance-book.ts'
import { rebalanceEvent } from '#server/core/rebalance-event.ts'
import type { StoredStatus } from '#server/core/status-record.ts'

/** The rebalances that this worker leads, each written to the event log when it is over and everything that moved is up. */
export interface RebalanceHistory extends Disposable {
  dealt(round: DealtRound): void
  /** This worker is a member again; what it led before is over when it leads no more. */
  settled(view: { isLeader: boolean; generation: number }): void
  /** What was read in the status topic. */
  heard(id: InstanceId, status: StoredStatus | null): void
  /** This worker may have been given up: somebody else may lead. */
  lost(): void
  /** The rebalance that this worker led last, or leads. */
  latest(): Rebalance | null
  /** The one whose work is not all given out, or not all up. */
  underWay(): Rebalance | null
}

/** How long something that was given to a worker may take to run there before it is written down as not running. */
const upWithinMs = 60_000

export function createRebalanceHistory(options: {
  write(event: NewEvent): void
  clock: Pick<Clock, 'now' | 'sleep'>
}): RebalanceHistory {
  const { clock } = options
  const book = createRebalanceBook()
  const closing = new AbortController()
  let patience: AbortController | undefined
  /** It has ended on this worker: nothing revoked, nothing that waits. */
  const put = (rebalance: Rebalance | undefined) => {
    if (rebalance) options.write(rebalanceEvent(rebalance))
    if (!book.isOpen()) waitNoMore()
  }

  function waitNoMore(): void {
    patience?.abort()
    patience = undefined
  }

  async function giveUpLater(): Promise<void> {
    waitNoMore()
    patience = new AbortController()
    const { signal } = patience
    await clock.sleep(upWithinMs, AbortSignal.any([signal, closing.signal]))
    if (!signal.aborted && !closing.signal.aborted) put(book.close())
  }

  return {
    dealt(round) {
      waitNoMore()
      put(book.dealt(round))
    },
    settled({ isLeader, generation }) {
      if (!isLeader) return put(book.close())
      put(book.completed(generation))
      if (book.isOpen() && !book.isUnfinished()) void giveUpLater()
    },
    heard: (id, status) => put(book.heard(id, status, clock.now())),
    lost: () => put(book.close()),
    latest: book.latest,
    underWay: () => (book.isOpen() ? book.latest() : null),
    [Symbol.dispose]() {
      put(book.close())
      closing.abort()
    },
  }
}
