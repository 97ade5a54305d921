import type { Clock } from '#server/contract/clock.ts'
import type { TargetState } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import type { RebalanceHooks, SinkConsumer } from '#server/kafka/sink-consumer.ts'
import type { RecordMetric } from '#server/observe/task-recorder.ts'
import { beginTask } from '#server/runtime/task/begin-task.ts'
import type { DeadLetters } from '#server/runtime/task/dead-letters.ts'
import type { ErrantRecords } from '#server/runtime/task/errant-records.ts'
import { createPutIsolation, placeOf } from '#server/runtime/task/put-isolation.ts'
import { createRareWarnings } from '#server/runtime/task/rare-warnings.ts'
import { convertingStage } from '#server/runtime/task/settle-conversion.ts'
import { createSinkCommits } from '#server/runtime/task/sink-commits.ts'
import { convertFetched, type SinkConversion } from '#server/runtime/task/sink-conversion.ts'
import { createSinkOffsets } from '#server/runtime/task/sink-offsets.ts'
import { createSinkPolling } from '#server/runtime/task/sink-polling.ts'
import { createSinkRequests, type SinkRequests } from '#server/runtime/task/sink-requests.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskGate } from '#server/runtime/task/task-gate.ts'
import { sendingStage, type TaskProgress } from '#server/runtime/task/task-progress.ts'
import type { During, TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'
import type { TaskTransforms } from '#server/runtime/task/task-transforms.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import { isRetriable } from '#server/sdk/data-error.ts'
import type { SinkBatch, TopicPartition } from '#server/sdk/records.ts'
import type { SinkTask, SinkTaskContext } from '#server/sdk/sink-task.ts'

export interface SinkRunnerOptions {
  createTask: (context: SinkRequests['context'] & Pick<SinkTaskContext, 'reportErrant'>) => SinkTask
  target: TargetState
  /** Subscribes; the hooks are called inside its `poll`. */
  openConsumer: (hooks: RebalanceHooks) => SinkConsumer
  converters: TaskConverters
  /** Absent: every record goes on as it is. */
  transforms?: TaskTransforms | undefined
  tolerance: Tolerance
  /** Absent: the task cannot report records. */
  errant?: ErrantRecords | undefined
  /** Absent: what is left out is nowhere. */
  deadLetters?: DeadLetters | undefined
  /** Absent: a put that fails for good fails the task. */
  isolation?: { report: ErrantRecords['report']; mostPercent: number } | undefined
  events: TaskRunnerEvents
  during: During
  progress: TaskProgress
  record: RecordMetric
  clock: Clock
  logger: Logger
  flushIntervalMs: number
  /** After such a rest of a sink whose records are durable once they are put, they are committed at once; 0: never. */
  flushIdleMs: number
}

/** The wait before a refused batch is put again, unless the task asked for another. */
const retryPutMs = 1_000
const longestPollMs = 1_000

/**
 * The life of a sink task (Kafka: WorkerSinkTask): poll, convert, put, and commit what the task has made durable. Positions
 * are committed only up to records that were put, and only after `flush` (I6).
 */
export function createSinkRunner(options: SinkRunnerOptions): TaskRunner {
  const { events, during, progress, record, clock, logger } = options
  const { deadLetters } = options
  const warn = createRareWarnings({ clock, logger })
  const gate = createTaskGate(options.target)
  const offsets = createSinkOffsets()
  /** A batch that could not be converted or that the task could not take yet; nothing is fetched meanwhile. */
  let refused: SinkConversion | undefined
  let nextCommitAt = 0
  /** When the rest since the last records is long enough for a commit. */
  let restedAt = Number.POSITIVE_INFINITY

  const requests = createSinkRequests(() => polling.interrupt())
  const consumer = options.openConsumer({
    async assigned(partitions) {
      requests.keepPauses(consumer.assignment())
      if (partitions.length > 0) await during('opening partitions of', () => task.open?.(partitions))
      // What the task paused or sought meanwhile is carried out before the first record of these: this poll brings none.
      polling.interrupt()
    },
    async revoked(partitions) {
      // I6, I3: what was put is made durable and committed while the partitions are still ours.
      await commits.commitAndClose(partitions)
      putDown(partitions)
    },
    async lost(partitions) {
      putDown(partitions)
      await during('closing partitions of', () => task.close?.(partitions))
    },
  })
  const polling = createSinkPolling({ consumer, requests, offsets, progress, warn, clock, logger })
  const task = options.createTask({
    ...requests.context,
    ...(options.errant && { reportErrant: options.errant.report }),
  })
  const commits = createSinkCommits({
    task,
    consumer,
    offsets,
    during,
    record,
    deadLetters,
    signal: gate.cancellation,
    clock,
    logger,
  })
  // To many sinks a flush means that a file is closed: theirs is not asked for sooner.
  const commitsAtRest = options.flushIdleMs > 0 && !task.flush && !task.preCommit
  const putOnce = async (batch: SinkBatch) => during('putting records into', () => task.put(batch))
  const isolation =
    options.isolation &&
    createPutIsolation({
      ...options.isolation,
      put: putOnce,
      onLeftOut: (records, error) =>
        events.leftOut?.(records.length, messageOf(error), records.slice(0, 5).map(placeOf)),
      signal: gate.cancellation,
    })
  const slicing = { ...options, takesTexts: task.takesTexts ?? false }

  /** The others go on: what was refused of them is put again. */
  function putDown(partitions: readonly TopicPartition[]) {
    offsets.forget(partitions)
    record('sink-record-active-count', offsets.uncommitted())
    refused?.withdraw(partitions)
    if (refused?.fetched.length === 0) refused = undefined
  }

  async function run() {
    let failure: { error: unknown } | undefined
    try {
      if (await beginTask(gate, events, during, task)) await work()
    } catch (error) {
      failure = { error }
    }
    await quietly('stop the task', () => during('stopping', () => task[Symbol.asyncDispose]()))
    await quietly('close the consumer', () => consumer[Symbol.asyncDispose]())
    if (failure && !gate.cancelled) throw failure.error
  }

  /** A task that fails gives back its partitions like one that stops: what it took before is committed. */
  async function work() {
    try {
      await loop()
    } catch (error) {
      await quietly('close its partitions', closePartitions)
      throw error
    }
    await closePartitions()
  }

  async function closePartitions() {
    if (!gate.cancelled) await commits.commitAndClose(consumer.assignment())
  }

  function measureFetched(fetched: readonly FetchedPartition[]) {
    record('sink-record-read', recordsIn(fetched))
    let [lag, bytes] = [0, 0]
    for (const { highWatermark, nextOffset, batches } of fetched) {
      lag = Math.max(lag, highWatermark - nextOffset)
      for (const batch of batches) bytes += batch.bytes.length
    }
    record('records-lag', lag)
    record('bytes-consumed', bytes)
  }

  async function loop() {
    let wasPaused = false
    nextCommitAt = clock.monotonic() + options.flushIntervalMs
    while (!gate.stopping) {
      if (gate.paused !== wasPaused) {
        wasPaused = gate.paused
        if (wasPaused) requests.context.requestCommit()
        events.state(wasPaused ? 'PAUSED' : 'RUNNING')
      }
      if (requests.takeCommit() || clock.monotonic() >= Math.min(nextCommitAt, restedAt)) {
        nextCommitAt = clock.monotonic() + options.flushIntervalMs
        restedAt = Number.POSITIVE_INFINITY
        // I6: a batch that waits behind what is delivered again comes again, too.
        if (!(await progress.run('committing offsets of', () => commits.commit()))) refused = undefined
      }
      if (!refused) {
        consumer.done()
        isolation?.done()
      }
      polling.hold(gate.paused || refused !== undefined)
      const fetched = await polling.poll(gate.signal(), patienceMs())
      // A stop that came while the task was refusing ends the trying, too.
      if (gate.stopping && fetched.length === 0) return
      if (fetched.length > 0) measureFetched(fetched)
      if (deadLetters) await progress.run(sendingStage, () => deadLetters.room(gate.signal()))
      const delivery = refused ?? convertFetched(fetched, slicing, clock)
      const batch = await convert(delivery)
      if (batch) await put(delivery, batch)
      else refused = delivery
    }
  }

  function patienceMs(): number {
    const wanted = requests.takeTimeout() ?? (refused ? refusedForMs(refused) : longestPollMs)
    return Math.max(0, Math.min(wanted, Math.min(nextCommitAt, restedAt) - clock.monotonic()))
  }

  function refusedForMs(conversion: SinkConversion): number {
    return Math.min(conversion.waitMs() || retryPutMs, longestPollMs)
  }

  /** Undefined: what a converter has to ask cannot be asked now, a record waits for its next try, or the task is to do something else first (I10). */
  async function convert(conversion: SinkConversion): Promise<SinkBatch | undefined> {
    const signal = gate.signal()
    try {
      const batch = await during(convertingStage, () => conversion.batch(signal))
      if (batch) progress.recovered(convertingStage)
      else progress.failing(convertingStage, conversion.waitsFor())
      return batch
    } catch (error) {
      if (signal.aborted && error === signal.reason) return undefined
      if (!isRetriable(error)) throw error
      progress.failing(convertingStage, messageOf(error))
      warn(convertingStage, `Records wait to be converted: ${messageOf(error)}; it is tried again`, error)
      return undefined
    }
  }

  /** Also empty batches are put, as Kafka Connect does: a sink may have something to do now and then. */
  async function put(delivery: SinkConversion, batch: SinkBatch) {
    const startedAt = clock.monotonic()
    try {
      await (isolation ? isolation.put(batch) : putOnce(batch))
    } catch (error) {
      if (!isRetriable(error)) {
        throw new Error('Exiting WorkerSinkTask due to unrecoverable exception.', { cause: error })
      }
      progress.failing('putting records into', `a put fails and is tried again: ${messageOf(error)}`)
      logger.warn(`A put failed and is tried again: ${messageOf(error)}`, { error })
      refused = delivery
      return
    }
    refused = undefined
    progress.recovered('putting records into')
    for (const { topic, partition, startOffset, nextOffset } of delivery.fetched) {
      offsets.delivered({ topic, partition }, startOffset, nextOffset)
    }
    if (commitsAtRest && delivery.fetched.length > 0) restedAt = clock.monotonic() + options.flushIdleMs
    for (const { topic, count } of batch.slices) if (count > 0) events.topic(topic)
    const size = batch.slices.reduce((sum, { count }) => sum + count, 0)
    record('sink-record-send', size)
    record('batch-size', size)
    record('put-batch-time-ms', clock.monotonic() - startedAt)
    record('partition-count', consumer.assignment().length)
    record('sink-record-active-count', offsets.uncommitted())
  }

  /** What fails on the way out is told and changes nothing about why the task ends (Kafka: `Utils.closeQuietly`). */
  async function quietly(what: string, step: () => PromiseLike<unknown>) {
    try {
      await step()
    } catch (error) {
      logger.warn(`Could not ${what}: ${messageOf(error)}`, { error })
    }
  }

  return {
    run,
    setTarget: (target) => gate.setTarget(target),
    stop: () => gate.stop(),
    cancel() {
      gate.cancel()
      // A hook that never returns must not hold on to its partitions.
      void quietly('close the consumer', () => consumer[Symbol.asyncDispose]())
    },
  }
}

/** Records of a batch outside the positions that were asked for came along with it, and do not count. */
function recordsIn(fetched: readonly FetchedPartition[]): number {
  let count = 0
  for (const { batches, startOffset, nextOffset } of fetched) {
    for (const batch of batches) {
      const index = batch.index()
      let from = 0
      while (from < index.count && index.offset(from) < startOffset) from += 1
      let to = index.count
      while (to > from && index.offset(to - 1) >= nextOffset) to -= 1
      count += to - from
    }
  }
  return count
}
