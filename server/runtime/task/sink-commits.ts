import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { TopicPartitionOffset } from '#server/kafka/admin.ts'
import { withRetries } from '#server/kafka/back-off.ts'
import type { SinkConsumer } from '#server/kafka/sink-consumer.ts'
import type { RecordMetric } from '#server/observe/task-recorder.ts'
import type { DeadLetters } from '#server/runtime/task/dead-letters.ts'
import { recordCommit } from '#server/runtime/task/record-commit.ts'
import { partitionKey, type SinkOffsets } from '#server/runtime/task/sink-offsets.ts'
import type { During } from '#server/runtime/task/task-runner.ts'
import type { TopicPartition } from '#server/sdk/records.ts'
import type { SinkTask } from '#server/sdk/sink-task.ts'

/** Commits of one sink task (Kafka: `WorkerSinkTask.commitOffsets`): only what the task made durable before (I6). */
export interface SinkCommits {
  /**
   * When the flush fails, everything since the last commit is delivered again, and the answer is false: nothing newer may
   * be put before that. When the commit fails, it is made up for by a later one.
   */
  commit(): Promise<boolean>
  /**
   * The last commit of partitions that are given back: flush, close, commit, of these alone. Nothing is delivered again,
   * whatever fails.
   */
  commitAndClose(partitions: readonly TopicPartition[]): Promise<void>
}

/** A commit before partitions go elsewhere is worth a few attempts: what it misses is written twice. */
const lastCommitWithinMs = 5_000

/** How long a commit waits for dead letters before a later one makes up for it. */
const lettersWithinMs = 5_000

const within = (partitions: readonly TopicPartition[]) => {
  const keys = new Set(partitions.map(partitionKey))
  return (partition: TopicPartition) => keys.has(partitionKey(partition))
}

export function createSinkCommits(options: {
  task: SinkTask
  consumer: SinkConsumer
  offsets: SinkOffsets
  during: During
  record: RecordMetric
  /** Absent: what is left out is nowhere. */
  deadLetters?: Pick<DeadLetters, 'durable'> | undefined
  /** Once it aborts nothing is committed any more (I7). */
  signal: AbortSignal
  clock: Clock
  logger: Logger
}): SinkCommits {
  const { task, consumer, offsets, during, record, deadLetters, signal, clock, logger } = options
  let commits = 0

  function makeDurable(current: TopicPartitionOffset[]): Promise<readonly TopicPartitionOffset[]> {
    return during('flushing', async () => {
      if (task.preCommit) return task.preCommit(current)
      await task.flush?.(current)
      return current
    })
  }

  /** Asked after the flush, which may have reported records, too. */
  async function lettersDurable(): Promise<boolean> {
    const durable = (await deadLetters?.durable(lettersWithinMs, signal)) ?? true
    if (!durable)
      logger.warn('Offsets are not committed: records on their way to the dead letter queue are not in it yet')
    return durable
  }

  async function store(
    safe: readonly TopicPartitionOffset[],
    attempt: (news: TopicPartitionOffset[]) => Promise<void>,
  ) {
    const { news, refused } = offsets.committable(safe)
    for (const offset of refused) {
      const what = `${partitionKey(offset)} at ${offset.offset}`
      logger.warn(`Ignoring an offset that is not assigned or ahead of what was delivered: ${what}`)
    }
    if (signal.aborted) return
    if (news.length === 0) return record('offset-commit-skip', 1)
    const startedAt = clock.monotonic()
    record('offset-commit-seq-no', ++commits)
    try {
      await attempt(news)
      offsets.committed(news)
      record('offset-commit-completion', 1)
      record('sink-record-active-count', offsets.uncommitted())
      recordCommit(record, true, clock.monotonic() - startedAt)
    } catch (error) {
      recordCommit(record, false, clock.monotonic() - startedAt)
      logger.error(`Offsets could not be committed: ${messageOf(error)}`, { error })
    }
  }

  return {
    async commit() {
      const current = offsets.current()
      if (current.length === 0) return true
      let safe: readonly TopicPartitionOffset[]
      try {
        safe = await makeDurable(current)
      } catch (error) {
        const message = `Offset commit failed, rewinding to last committed offsets: ${messageOf(error)}`
        logger.error(message, { error })
        recordCommit(record, false, 0)
        for (const place of offsets.rewind()) consumer.seek(place, place.offset)
        return false
      }
      if (!(await lettersDurable())) {
        recordCommit(record, false, 0)
        return true
      }
      await store(safe, (news) => consumer.commit(news))
      return true
    },
    async commitAndClose(partitions) {
      const current = offsets.current(partitions)
      let safe: readonly TopicPartitionOffset[] = []
      try {
        const flushed = current.length > 0 ? await makeDurable(current) : []
        // A task may call others safe, too: those are for a commit that asked about them.
        if (await lettersDurable()) safe = flushed.filter(within(partitions))
      } catch (error) {
        logger.warn(`Offset commit failed during close: ${messageOf(error)}`, { error })
      }
      await during('closing partitions of', () => task.close?.([...partitions]))
      const retries = { withinMs: lastCommitWithinMs, signal }
      await store(safe, (news) => withRetries(clock, retries, () => consumer.commit(news)))
    },
  }
}
