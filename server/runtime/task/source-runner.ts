import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '#server/contract/clock.ts'
import type { TargetState } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Producer } from '#server/kafka/producer.ts'
import type { RecordMetric } from '#server/observe/task-recorder.ts'
import { beginTask } from '#server/runtime/task/begin-task.ts'
import { createOffsetBook, type WriteOffsets } from '#server/runtime/task/offset-book.ts'
import { recordCommit } from '#server/runtime/task/record-commit.ts'
import { createSourceSender } from '#server/runtime/task/source-sender.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskGate } from '#server/runtime/task/task-gate.ts'
import type { During, TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'
import type { TaskTransforms } from '#server/runtime/task/task-transforms.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import type { TopicCreation } from '#server/runtime/task/topic-creation.ts'
import { isRetriable } from '#server/sdk/data-error.ts'
import { isTextBatch, type SourceBatch } from '#server/sdk/records.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'

/** A source task's way to Kafka, its own: what one task leaves waiting never stands in another one's way (I9). */
export interface SourceOutput {
  producer: Producer
  writeOffsets: WriteOffsets
  /** Absent: topics are made as the broker makes them. */
  topicCreation?: TopicCreation | undefined
}

export interface SourceRunnerOptions {
  task: SourceTask
  target: TargetState
  converters: TaskConverters
  /** Absent: every record goes on as it is. */
  transforms?: TaskTransforms | undefined
  /** I7: once the signal aborts nothing goes out through it any more. */
  openOutput: (signal: AbortSignal) => SourceOutput
  tolerance: Tolerance
  events: TaskRunnerEvents
  during: During
  record: RecordMetric
  clock: Clock
  logger: Logger
  flushIntervalMs: number
  flushTimeoutMs: number
}

const retryPollMs = 100
/** A poll that came back sooner without records did not wait for any. */
const quickPollMs = 10
const longestIdleMs = 100

/**
 * The life of a source task (Kafka: WorkerSourceTask): poll, convert straight into record batches, send up to five at a
 * time, and commit the newest offset before which everything is acknowledged. A commit never waits for unrelated records.
 */
export function createSourceRunner(options: SourceRunnerOptions): TaskRunner {
  const { task, events, during, record, clock, logger, flushTimeoutMs } = options
  const gate = createTaskGate(options.target)
  const ended = new AbortController()
  const { producer, writeOffsets, topicCreation } = options.openOutput(
    AbortSignal.any([ended.signal, gate.cancellation]),
  )
  const offsets = createOffsetBook({
    write: writeOffsets,
    timeoutMs: flushTimeoutMs,
    signal: gate.cancellation,
    clock,
    logger,
  })
  const sender = createSourceSender({
    ...options,
    producer,
    topicCreation,
    offsets,
    onTopic: (topic) => events.topic(topic),
    onFailure: () => gate.wake(),
    signal: gate.cancellation,
    ending: gate.ending,
  })
  let idleMs = 0

  async function run() {
    let failure: { error: unknown } | undefined
    try {
      if (await beginTask(gate, events, during, task)) await work()
    } catch (error) {
      failure = { error }
    }
    ended.abort()
    // What it still waits for are answers that nobody needs.
    void producer[Symbol.asyncDispose]()
    await stopTask()
    if (failure && !gate.cancelled) throw failure.error
  }

  /** A task that fails commits what was acknowledged, too: it is in Kafka. */
  async function work() {
    const committing = new AbortController()
    const committer = commitRegularly(committing.signal)
    try {
      await loop()
    } finally {
      committing.abort()
      await committer
      await inFlightSettled()
      if (!gate.cancelled) await commit()
    }
  }

  async function loop() {
    while (!gate.stopping) {
      if (gate.paused) {
        events.state('PAUSED')
        await gate.resumed()
        if (!gate.stopping) events.state('RUNNING')
        continue
      }
      sender.throwIfFailed()
      const batch = await poll()
      if (batch) await send(batch)
    }
    sender.throwIfFailed()
  }

  async function send(batch: SourceBatch) {
    try {
      await sender.send(batch)
    } catch (error) {
      // A stop ends the waiting; what waited is polled again by the next task.
      if (!(gate.stopping && error === gate.ending.reason)) throw error
    }
  }

  async function poll(): Promise<SourceBatch | null> {
    const startedAt = clock.now()
    const signal = gate.signal()
    try {
      const batch = await during('polling', () => task.poll(signal))
      if (batch && sizeOf(batch) > 0) {
        idleMs = 0
        record('source-record-poll', sizeOf(batch))
        record('batch-size', sizeOf(batch))
        record('poll-batch-time-ms', clock.now() - startedAt)
        return batch
      }
      await yieldAfter(clock.now() - startedAt, signal)
    } catch (error) {
      if (signal.aborted && error instanceof Error && error.name === 'AbortError') return null
      if (!isRetriable(error)) throw error
      logger.warn(`A poll failed and is tried again: ${messageOf(error)}`, { error })
      await clock.sleep(retryPollMs, signal)
    }
    return null
  }

  /** A poll that brings nothing, and at once, must not keep the thread from everybody else. */
  async function yieldAfter(tookMs: number, signal: AbortSignal) {
    idleMs = tookMs < quickPollMs ? Math.min(Math.max(1, idleMs * 2), longestIdleMs) : 0
    if (idleMs > 0) await clock.sleep(idleMs, signal)
    else await nextTurn()
  }

  async function inFlightSettled() {
    const over = new AbortController()
    const late = clock.sleep(flushTimeoutMs, AbortSignal.any([over.signal, gate.cancellation]))
    await Promise.race([sender.settled(), late])
    over.abort()
  }

  /** With a fixed delay, as Kafka Connect's committer. */
  async function commitRegularly(signal: AbortSignal) {
    while (!signal.aborted) {
      await clock.sleep(options.flushIntervalMs, signal)
      if (!signal.aborted) await commit()
    }
  }

  async function commit() {
    const startedAt = clock.now()
    const stored = await offsets.commit()
    recordCommit(record, stored, clock.now() - startedAt)
    if (!stored) return
    try {
      await during('committing', () => task.commit?.())
    } catch (error) {
      logger.error(`Exception thrown while calling task.commit(): ${messageOf(error)}`, { error })
    }
  }

  /** A task that cannot stop is no reason to call its work failed (Kafka: `Utils.closeQuietly`). */
  async function stopTask() {
    try {
      await during('stopping', () => task[Symbol.asyncDispose]())
    } catch (error) {
      logger.warn(`Could not stop the task: ${messageOf(error)}`, { error })
    }
  }

  return {
    run,
    setTarget: (target) => gate.setTarget(target),
    stop: () => gate.stop(),
    cancel: () => gate.cancel(),
  }
}

const sizeOf = (batch: SourceBatch) => (isTextBatch(batch) ? batch.count : batch.length)
