import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type AckLedger, createAckLedger } from '#server/core/ack-ledger.ts'
import type { OffsetMap } from '#server/sdk/records.ts'

export interface SourceOffset {
  partition: OffsetMap
  offset: OffsetMap | null
}

/** Stores the offsets of one source connector. Resolves when every replica has them. */
export type WriteOffsets = (offsets: readonly SourceOffset[]) => Promise<void>

/** How far a source task got, per source partition, and how far that is stored. */
export interface OffsetBook {
  /** Call the result once everything of this source partition up to `offset` is acknowledged. */
  sent(partition: OffsetMap, offset: OffsetMap | null): () => void
  /**
   * Stores what is safe: for each partition the newest offset before which everything is acknowledged (I6). One commit at a
   * time. True when all of it is stored; what could not be stored in time goes along with the next commit.
   */
  commit(): Promise<boolean>
}

export function createOffsetBook(options: {
  write: WriteOffsets
  timeoutMs: number
  /** Ends a waiting commit. */
  signal: AbortSignal
  clock: Clock
  logger: Logger
}): OffsetBook {
  const { clock, logger, signal } = options
  /** By the partition's JSON, which is its identity. */
  const ledgers = new Map<string, { partition: OffsetMap; ledger: AckLedger<OffsetMap | null> }>()
  /** Safe and not stored yet; the newest of each partition (I5). */
  const unsaved = new Map<string, SourceOffset>()
  /** It may outlive the commit that began it and gave up waiting. */
  let writing: Promise<boolean> | undefined
  let commits: Promise<unknown> = Promise.resolve()

  function collect() {
    for (const [key, { partition, ledger }] of ledgers) {
      const offset = ledger.takeCommittable()
      if (offset !== undefined) unsaved.set(key, { partition, offset })
    }
  }

  async function write(): Promise<boolean> {
    try {
      await options.write([...unsaved.values()])
      unsaved.clear()
      return true
    } catch (error) {
      if (!signal.aborted) {
        logger.error(`Offsets could not be committed; they are tried again: ${messageOf(error)}`, { error })
      }
      return false
    } finally {
      writing = undefined
    }
  }

  async function inTime(work: Promise<boolean>): Promise<boolean> {
    const over = new AbortController()
    const late = clock.sleep(options.timeoutMs, AbortSignal.any([over.signal, signal])).then(() => 'late' as const)
    const outcome = await Promise.race([work, late])
    over.abort()
    if (outcome !== 'late') return outcome
    if (!signal.aborted) {
      logger.error(`Offsets were not committed within ${options.timeoutMs} ms; they go along with the next commit`)
    }
    return false
  }

  async function commit(): Promise<boolean> {
    // One write at a time, so that an older offset never arrives behind a newer one (I5).
    if (writing && !(await inTime(writing))) return false
    collect()
    if (unsaved.size === 0) return true
    writing = write()
    return inTime(writing)
  }

  return {
    sent(partition, offset) {
      const key = JSON.stringify(partition)
      let entry = ledgers.get(key)
      if (!entry) {
        entry = { partition, ledger: createAckLedger() }
        ledgers.set(key, entry)
      }
      return entry.ledger.sent(offset)
    },
    commit() {
      const next = commits.then(commit)
      commits = next
      return next
    },
  }
}
