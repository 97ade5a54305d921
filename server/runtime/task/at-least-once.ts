import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { createOffsetBook, type WriteOffsets } from '#server/runtime/task/offset-book.ts'
import { recordCommit } from '#server/runtime/task/record-commit.ts'
import type { SourceDelivery } from '#server/runtime/task/source-delivery.ts'
import { createSourceSender, type SourceSenderOptions } from '#server/runtime/task/source-sender.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'

export interface AtLeastOnceOptions extends Omit<SourceSenderOptions, 'offsets'> {
  task: SourceTask
  writeOffsets: WriteOffsets
  flushIntervalMs: number
  /** After such a rest what Kafka has is committed at once; 0: never. */
  flushIdleMs: number
  flushTimeoutMs: number
  clock: Clock
  logger: Logger
}

/**
 * Up to five batches under way at a time, and now and then the newest offset before which everything is acknowledged
 * (Kafka: WorkerSourceTask). A commit never waits for unrelated records.
 */
export function createAtLeastOnceDelivery(options: AtLeastOnceOptions): SourceDelivery {
  const { task, producer, during, record, signal, clock, logger, flushTimeoutMs } = options
  const offsets = createOffsetBook({ write: options.writeOffsets, timeoutMs: flushTimeoutMs, signal, clock, logger })
  const sender = createSourceSender({ ...options, offsets })
  const over = new AbortController()
  let committer: Promise<void> | undefined
  let commits: Promise<void> = Promise.resolve()
  let lastSentAt = 0
  let watching = false

  /** With a fixed delay, as Kafka Connect's committer. */
  async function commitRegularly() {
    while (!over.signal.aborted) {
      await clock.sleep(options.flushIntervalMs, over.signal)
      if (!over.signal.aborted) await commit()
    }
  }

  /** I3: a source that comes to rest repeats nothing after a crash. */
  async function commitAtRest() {
    if (watching || options.flushIdleMs <= 0) return
    watching = true
    for (;;) {
      const restMs = lastSentAt + options.flushIdleMs - clock.monotonic()
      if (restMs > 0) await clock.sleep(restMs, over.signal)
      else await sender.settled()
      if (over.signal.aborted) return
      if (restMs <= 0 && lastSentAt + options.flushIdleMs <= clock.monotonic()) break
    }
    watching = false
    await commit()
  }

  /** One at a time: `commit` of the task never meets itself. */
  function commit(): Promise<void> {
    commits = commits.then(commitNow)
    return commits
  }

  async function commitNow() {
    const startedAt = clock.monotonic()
    const stored = await offsets.commit()
    recordCommit(record, stored, clock.monotonic() - startedAt)
    if (!stored) return
    try {
      await during('committing', () => task.commit?.())
    } catch (error) {
      logger.error(`Exception thrown while calling task.commit(): ${messageOf(error)}`, { error })
    }
  }

  async function inFlightSettled() {
    const settled = new AbortController()
    const late = clock.sleep(flushTimeoutMs, AbortSignal.any([settled.signal, signal]))
    await Promise.race([sender.settled(), late])
    settled.abort()
  }

  return {
    open: async () => undefined,
    begin() {
      committer ??= commitRegularly()
    },
    async send(batch) {
      await sender.send(batch)
      lastSentAt = clock.monotonic()
      void commitAtRest()
    },
    polled: async () => undefined,
    pause: async () => undefined,
    throwIfFailed: sender.throwIfFailed,
    /** A task that fails commits what was acknowledged, too: it is in Kafka. */
    async finish() {
      over.abort()
      await committer
      await inFlightSettled()
      if (!signal.aborted) await commit()
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await producer[Symbol.asyncDispose]()
    },
  }
}
