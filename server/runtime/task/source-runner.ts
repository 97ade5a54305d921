import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '#server/contract/clock.ts'
import type { TargetState } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { RecordMetric } from '#server/observe/task-recorder.ts'
import { beginTask } from '#server/runtime/task/begin-task.ts'
import type { SourceDelivery } from '#server/runtime/task/source-delivery.ts'
import { createTaskGate } from '#server/runtime/task/task-gate.ts'
import { sendingStage, type TaskProgress } from '#server/runtime/task/task-progress.ts'
import type { During, TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'
import { isRetriable } from '#server/sdk/data-error.ts'
import { isTextBatch, type SourceBatch } from '#server/sdk/records.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'

/** What a delivery is made with, beside what it sends with. */
export interface DeliveryStart {
  /** I7: once it aborts nothing goes out any more. */
  output: AbortSignal
  /** Aborts when the task has to end without another write. */
  signal: AbortSignal
  /** Aborts when the task has to end, in whatever way. */
  ending: AbortSignal
  /** Ends the poll that waits. */
  wake(): void
}

export interface SourceRunnerOptions {
  task: SourceTask
  target: TargetState
  openDelivery: (start: DeliveryStart) => SourceDelivery
  events: Pick<TaskRunnerEvents, 'state'>
  during: During
  progress: TaskProgress
  record: RecordMetric
  clock: Clock
  logger: Logger
}

const retryPollMs = 100
/** A poll that came back sooner without records did not wait for any. */
const quickPollMs = 10
const longestIdleMs = 100

/** The life of a source task (Kafka: AbstractWorkerSourceTask): poll, hand over, and end with everything in order. */
export function createSourceRunner(options: SourceRunnerOptions): TaskRunner {
  const { task, events, during, progress, record, clock, logger } = options
  const gate = createTaskGate(options.target)
  const ended = new AbortController()
  const delivery = options.openDelivery({
    output: AbortSignal.any([ended.signal, gate.cancellation]),
    signal: gate.cancellation,
    ending: gate.ending,
    wake: () => gate.wake(),
  })
  let idleMs = 0

  async function run() {
    let failure: { error: unknown } | undefined
    try {
      if (await beginTask(gate, events, during, task, () => progress.run('starting', () => delivery.open())))
        await work()
    } catch (error) {
      failure = { error }
    }
    ended.abort()
    // What it still waits for are answers that nobody needs.
    void delivery[Symbol.asyncDispose]()
    await stopTask()
    if (failure && !gate.cancelled) throw failure.error
  }

  async function work() {
    let failed = true
    try {
      await loop()
      failed = false
    } finally {
      await delivery.finish(failed)
    }
  }

  async function loop() {
    delivery.begin()
    while (!gate.stopping) {
      if (gate.paused) {
        progress.recovered('polling')
        await progress.run('committing', () => delivery.pause())
        events.state('PAUSED')
        await gate.resumed()
        if (gate.stopping) break
        delivery.begin()
        events.state('RUNNING')
        continue
      }
      delivery.throwIfFailed()
      const batch = await poll()
      if (batch) await send(batch)
      if (!gate.stopping) await progress.run('committing', () => delivery.polled())
    }
    delivery.throwIfFailed()
  }

  async function send(batch: SourceBatch) {
    try {
      await progress.run(sendingStage, () => delivery.send(batch))
    } catch (error) {
      // A stop ends the waiting; what waited is polled again by the next task.
      if (!(gate.stopping && error === gate.ending.reason)) throw error
    }
  }

  async function poll(): Promise<SourceBatch | null> {
    const startedAt = clock.monotonic()
    const signal = gate.signal()
    try {
      const wait = () => during('polling', () => task.poll(signal))
      const batch = await progress.polling(wait, () => gate.wake())
      progress.recovered('polling')
      if (batch && sizeOf(batch) > 0) {
        idleMs = 0
        record('source-record-poll', sizeOf(batch))
        record('batch-size', sizeOf(batch))
        record('poll-batch-time-ms', clock.monotonic() - startedAt)
        return batch
      }
      await yieldAfter(clock.monotonic() - startedAt, signal)
    } catch (error) {
      if (signal.aborted && error instanceof Error && error.name === 'AbortError') return null
      if (!isRetriable(error)) throw error
      progress.failing('polling', `a poll fails and is tried again: ${messageOf(error)}`)
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
