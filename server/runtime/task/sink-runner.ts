import type { Clock } from '#server/contract/clock.ts'
import type { TargetState } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { TopicPartitionOffset } from '#server/kafka/admin.ts'
import type { RebalanceHooks, SinkConsumer } from '#server/kafka/sink-consumer.ts'
import { toSlices } from '#server/runtime/task/sink-slices.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskGate } from '#server/runtime/task/task-gate.ts'
import type { TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import { isRetriable } from '#server/sdk/data-error.ts'
import { type SinkBatch, type SinkSlice, sinkBatch, type TopicPartition } from '#server/sdk/records.ts'
import type { SinkTask, SinkTaskContext } from '#server/sdk/sink-task.ts'

export interface SinkRunnerOptions {
  createTask: (context: Pick<SinkTaskContext, 'pause' | 'resume' | 'seek' | 'timeout' | 'requestCommit'>) => SinkTask
  target: TargetState
  /** Subscribes; the hooks are called inside its `poll`. */
  openConsumer: (hooks: RebalanceHooks) => SinkConsumer
  converters: TaskConverters
  tolerance: Tolerance
  events: TaskRunnerEvents
  clock: Clock
  logger: Logger
  flushIntervalMs: number
}

/** The wait before a refused batch is put again, unless the task asked for another. */
const retryPutMs = 1_000

/**
 * The life of a sink task (Kafka: WorkerSinkTask): poll, convert, put, and commit what the task has made durable. Positions
 * are committed only up to records that were put, and only after `flush` (I6).
 */
export function createSinkRunner(options: SinkRunnerOptions): TaskRunner {
  const { events, clock, logger } = options
  const gate = createTaskGate(options.target)
  const positions = new Map<string, TopicPartitionOffset>()
  const committed = new Map<string, number>()
  const usedTopics = new Set<string>()
  const pausedByTask = new Set<string>()
  let commitAsked = false
  let waitMs: number | undefined
  let stage = 'starting'
  let nextCommitAt = 0

  const keyOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`
  const consumer = options.openConsumer({
    async assigned(partitions) {
      positions.clear()
      committed.clear()
      await task.open?.(partitions)
      if (gate.paused) consumer.pause(partitions)
    },
    async revoked(partitions) {
      // I6, I3: what was put is made durable and committed while the partitions are still ours.
      await commit(true)
      await task.close?.(partitions)
    },
    async lost(partitions) {
      positions.clear()
      await task.close?.(partitions)
    },
  })
  const task = options.createTask({
    pause(partitions) {
      for (const partition of partitions) pausedByTask.add(keyOf(partition))
      consumer.pause(partitions)
    },
    resume(partitions) {
      for (const partition of partitions) pausedByTask.delete(keyOf(partition))
      if (!gate.paused) consumer.resume(partitions)
    },
    seek(partition, offset) {
      consumer.seek(partition, offset)
      positions.set(keyOf(partition), { ...partition, offset })
    },
    timeout(ms) {
      waitMs = ms
    },
    requestCommit() {
      commitAsked = true
    },
  })

  const slicing = { ...options, takesTexts: task.takesTexts ?? false }

  async function run() {
    let failure: unknown
    try {
      await loop()
      stage = 'committing before the stop'
      if (!gate.cancelled) {
        await commit(true)
        await task.close?.(consumer.assignment())
      }
    } catch (error) {
      failure = error
    }
    stage = 'stopping'
    await task[Symbol.asyncDispose]()
    await consumer[Symbol.asyncDispose]()
    stage = 'stopped'
    if (failure !== undefined && !gate.cancelled) throw failure
  }

  async function loop() {
    await task.start?.()
    events.state(gate.paused ? 'PAUSED' : 'RUNNING')
    let wasPaused = gate.paused
    nextCommitAt = clock.now() + options.flushIntervalMs
    while (!gate.stopping) {
      if (gate.paused !== wasPaused) {
        wasPaused = gate.paused
        pauseOrResume(wasPaused)
        if (wasPaused) await commit(false)
        events.state(wasPaused ? 'PAUSED' : 'RUNNING')
      }
      stage = 'waiting for records'
      const fetched = await poll()
      const slices = fetched.flatMap((part) => toSlices(part, slicing))
      await put(slices)
      for (const { topic, partition, nextOffset } of fetched) {
        positions.set(keyOf({ topic, partition }), { topic, partition, offset: nextOffset })
        noteTopic(topic)
      }
      if (commitAsked || clock.now() >= nextCommitAt) await commit(false)
    }
  }

  /** A paused task keeps polling: it stays a member of its group. */
  async function poll() {
    const signal = gate.paused ? gate.end : gate.signal()
    const untilCommit = Math.max(0, nextCommitAt - clock.now())
    try {
      return await consumer.poll(signal, Math.min(untilCommit, gate.paused ? 200 : 1_000))
    } catch (error) {
      // A stop or a pause may come while the group still settles.
      if (signal.aborted && error === signal.reason) return []
      throw error
    }
  }

  function pauseOrResume(pause: boolean) {
    const assigned = consumer.assignment()
    if (pause) consumer.pause(assigned)
    else consumer.resume(assigned.filter((partition) => !pausedByTask.has(keyOf(partition))))
  }

  /** The same batch again until it is taken; meanwhile nothing new is fetched, because nothing is polled. */
  async function put(slices: SinkSlice[]) {
    const batch: SinkBatch = sinkBatch(slices)
    for (;;) {
      stage = 'putting records'
      try {
        return await task.put(batch)
      } catch (error) {
        if (!isRetriable(error) || gate.stopping) throw exiting(error)
        logger.warn(`A put failed and is tried again: ${messageOf(error)}`, { error })
        const delayMs = waitMs ?? retryPutMs
        waitMs = undefined
        await clock.sleep(delayMs, gate.signal())
        if (gate.stopping) throw exiting(error)
      }
    }
  }

  const exiting = (cause: unknown) => new Error('Exiting WorkerSinkTask due to unrecoverable exception.', { cause })

  function noteTopic(topic: string) {
    if (usedTopics.has(topic)) return
    usedTopics.add(topic)
    events.topic(topic)
  }

  async function commit(closing: boolean) {
    commitAsked = false
    nextCommitAt = clock.now() + options.flushIntervalMs
    const current = [...positions.values()].filter((position) => committed.get(keyOf(position)) !== position.offset)
    if (current.length === 0) return
    stage = 'committing'
    try {
      const safe = await makeDurable(current)
      // Never ahead of what was consumed, whatever a task says.
      const known = safe.filter((offset) => (positions.get(keyOf(offset))?.offset ?? -1) >= offset.offset)
      if (known.length === 0) return
      await consumer.commit([...known])
      for (const offset of known) committed.set(keyOf(offset), offset.offset)
    } catch (error) {
      logger.error(`Offsets could not be committed: ${messageOf(error)}`, { error })
      if (closing) return
      rewind()
    }
  }

  async function makeDurable(offsets: TopicPartitionOffset[]) {
    if (task.preCommit) return task.preCommit(offsets)
    await task.flush?.(offsets)
    return offsets
  }

  /** After a failed flush everything since the last commit is delivered again. */
  function rewind() {
    for (const position of positions.values()) {
      const offset = committed.get(keyOf(position))
      if (offset === undefined) continue
      consumer.seek(position, offset)
      positions.set(keyOf(position), { topic: position.topic, partition: position.partition, offset })
    }
  }

  return {
    run,
    setTarget: (target) => gate.setTarget(target),
    stop: () => gate.stop(),
    cancel: () => gate.cancel(),
    stage: () => stage,
  }
}
