import type { Clock } from '#server/contract/clock.ts'
import type { TargetState } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type AckLedger, createAckLedger } from '#server/core/ack-ledger.ts'
import type { Producer } from '#server/kafka/producer.ts'
import { type BatchBuilder, createBatchBuilder } from '#server/protocol/batch-builder.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskGate } from '#server/runtime/task/task-gate.ts'
import type { TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import { isRetriable } from '#server/sdk/data-error.ts'
import {
  isTextBatch,
  type OffsetMap,
  type SourceBatch,
  type SourceRecord,
  type TextBatch,
  textRecord,
} from '#server/sdk/records.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'

/** Stores the offsets of one source connector. Resolves when every replica has them. */
export type WriteOffsets = (offsets: readonly { partition: OffsetMap; offset: OffsetMap | null }[]) => Promise<void>

export interface SourceRunnerOptions {
  task: SourceTask
  target: TargetState
  converters: TaskConverters
  producer: Producer
  writeOffsets: WriteOffsets
  tolerance: Tolerance
  events: TaskRunnerEvents
  clock: Clock
  logger: Logger
  flushIntervalMs: number
  flushTimeoutMs: number
}

/**
 * The life of a source task (Kafka: WorkerSourceTask): poll, convert straight into record batches, send up to five at a
 * time, and commit the newest offset before which everything is acknowledged. A commit never waits for unrelated records.
 */
export function createSourceRunner(options: SourceRunnerOptions): TaskRunner {
  const { task, converters, producer, events, clock, logger, tolerance } = options
  const gate = createTaskGate(options.target)
  /** By the partition's JSON, which is its identity. */
  const ledgers = new Map<string, { partition: OffsetMap; ledger: AckLedger<OffsetMap | null> }>()
  const usedTopics = new Set<string>()
  const sending = new Set<Promise<void>>()
  let sendFailure: Error | undefined
  let stage = 'starting'
  let commits: Promise<void> = Promise.resolve()

  async function run() {
    const committing = new AbortController()
    const committer = commitRegularly(committing.signal)
    let failure: unknown
    try {
      await loop()
    } catch (error) {
      failure = error
    }
    committing.abort()
    await committer
    stage = 'waiting for the last acknowledgements'
    if (!gate.cancelled) await settleInFlight()
    // A failed task commits what was acknowledged, too: it is in Kafka.
    if (!gate.cancelled) await commit()
    stage = 'stopping'
    await task[Symbol.asyncDispose]()
    stage = 'stopped'
    if (failure !== undefined && !gate.cancelled) throw failure
  }

  async function loop() {
    if (gate.paused) {
      // A task that is paused before it started reports so and does not start (Kafka: WorkerTask.doRun).
      events.state('PAUSED')
      await gate.resumed()
      if (gate.stopping) return
    }
    await task.start?.()
    events.state('RUNNING')
    while (!gate.stopping) {
      if (gate.paused) {
        stage = 'paused'
        events.state('PAUSED')
        await gate.resumed()
        if (!gate.stopping) events.state('RUNNING')
        continue
      }
      stage = 'polling'
      const batch = await poll()
      if (sendFailure) throw sendFailure
      if (batch) await send(batch)
    }
  }

  async function poll(): Promise<SourceBatch | null> {
    const begun = clock.now()
    try {
      const batch = await task.poll(gate.signal())
      // A poll that returns nothing at once must not keep the thread from everybody else.
      if (!batch && clock.now() === begun) await clock.sleep(1)
      return batch
    } catch (error) {
      if (!isRetriable(error)) throw error
      logger.warn(`A poll failed and is tried again: ${messageOf(error)}`, { error })
      await clock.sleep(100, gate.signal())
      return null
    }
  }

  async function send(batch: SourceBatch) {
    stage = 'sending'
    if (isTextBatch(batch) && converters.value.writeTexts) await sendTexts(batch, batch.count)
    else
      await sendRecords(
        isTextBatch(batch) ? Array.from({ length: batch.count }, (_, i) => textRecord(batch, i)) : batch,
      )
  }

  /** The fast way: no object a record, from the file's bytes into the batch. */
  async function sendTexts(batch: TextBatch, count: number) {
    const { writeTexts } = converters.value
    await prepare(batch.topic)
    for (let from = 0; from < count; ) {
      await producer.room()
      const builder = producer.newBatch()
      const written = writeTexts?.call(converters.value, batch, from, clock.now(), builder) ?? 0
      if (written === 0) {
        producer.release(builder)
        await sendRecords([textRecord(batch, from)])
        from += 1
        continue
      }
      from += written
      const acked = ledgerOf(batch.sourcePartition)?.sent(batch.offsetAt(from - 1))
      const partition = producer.partitionFor(batch.topic, null)
      watch(producer.send(batch.topic, partition, builder), batch.topic, () => acked?.())
    }
  }

  async function sendRecords(records: readonly SourceRecord[]) {
    const open = new Map<string, { topic: string; partition: number; builder: BatchBuilder }>()
    const sends: Promise<unknown>[] = []
    const close = (key: string) => {
      const batch = open.get(key)
      open.delete(key)
      if (batch) sends.push(producer.send(batch.topic, batch.partition, batch.builder))
    }
    const last = new Map<string, { partition: OffsetMap; offset: OffsetMap | null }>()
    for (const record of records) {
      await prepare(record.topic)
      if (record.sourcePartition) {
        last.set(JSON.stringify(record.sourcePartition), {
          partition: record.sourcePartition,
          offset: record.sourceOffset,
        })
      }
      const converted = convert(record)
      if (!converted) {
        await task.commitRecord?.(record, null)
        continue
      }
      const partition = record.partition ?? producer.partitionFor(record.topic, converted.key)
      const key = `${record.topic}-${partition}`
      const timestamp = record.timestamp ?? clock.now()
      const batch = open.get(key) ?? (await openBatch(open, key, record.topic, partition))
      if (batch.builder.append(timestamp, converted.key, converted.value, converted.headers)) continue
      if (batch.builder.count > 0) close(key)
      const bytes = (converted.key?.length ?? 0) + (converted.value?.length ?? 0)
      const headerBytes = converted.headers.reduce(
        (sum, { name, value }) => sum + name.length * 3 + (value?.length ?? 0) + 10,
        0,
      )
      // A record larger than a slab gets memory of its own; the broker judges whether it is too large.
      const builder = createBatchBuilder(Buffer.allocUnsafeSlow(Math.max(1024 * 1024, bytes + headerBytes + 200)))
      builder.append(timestamp, converted.key, converted.value, converted.headers)
      open.set(key, { topic: record.topic, partition, builder })
    }
    for (const key of [...open.keys()]) close(key)
    const acks = [...last.values()].map(({ partition, offset }) => ledgerOf(partition)?.sent(offset))
    const acknowledged = Promise.all(sends)
    watch(acknowledged, records[0]?.topic ?? '', () => {
      for (const acked of acks) acked?.()
    })
    if (task.commitRecord) await reportCommitted(records, acknowledged)
  }

  async function reportCommitted(records: readonly SourceRecord[], acknowledged: Promise<unknown>) {
    await acknowledged
    for (const record of records) {
      await task.commitRecord?.(record, {
        topic: record.topic,
        partition: record.partition ?? -1,
        offset: -1,
        timestamp: record.timestamp ?? -1,
      })
    }
  }

  async function openBatch(
    open: Map<string, { topic: string; partition: number; builder: BatchBuilder }>,
    key: string,
    topic: string,
    partition: number,
  ) {
    await producer.room()
    const batch = { topic, partition, builder: producer.newBatch() }
    open.set(key, batch)
    return batch
  }

  /** Headers first, then key, then value, as Kafka's sources do. Undefined: left out by tolerance. */
  function convert(record: SourceRecord) {
    const { topic } = record
    const headers = tolerance.attempt('HEADER_CONVERTER', converters.classes.header, () =>
      (record.headers ?? []).map(({ name, schema, value }) => ({
        name,
        value: converters.header.fromConnectHeader(topic, name, schema, value),
      })),
    )
    if (!headers) return undefined
    const key = tolerance.attempt('KEY_CONVERTER', converters.classes.key, () => ({
      bytes: converters.key.fromConnectData(topic, record.keySchema ?? null, record.key ?? null),
    }))
    if (!key) return undefined
    const value = tolerance.attempt('VALUE_CONVERTER', converters.classes.value, () => ({
      bytes: converters.value.fromConnectData(topic, record.valueSchema ?? null, record.value),
    }))
    return value && { headers, key: key.bytes, value: value.bytes }
  }

  async function prepare(topic: string) {
    if (usedTopics.has(topic)) return
    await producer.ready(topic)
    usedTopics.add(topic)
    events.topic(topic)
  }

  function ledgerOf(partition: OffsetMap | null): AckLedger<OffsetMap | null> | undefined {
    if (!partition) return undefined
    const key = JSON.stringify(partition)
    let entry = ledgers.get(key)
    if (!entry) {
      entry = { partition, ledger: createAckLedger() }
      ledgers.set(key, entry)
    }
    return entry.ledger
  }

  function watch(sent: Promise<unknown>, topic: string, acked: () => void) {
    const settled = sent
      .then(acked, (error: unknown) => {
        // I6: what failed stays unacknowledged, so that no offset behind it is ever committed.
        sendFailure ??= new Error(`Unrecoverable exception from producer send callback (topic ${topic})`, {
          cause: error,
        })
      })
      .finally(() => sending.delete(settled))
    sending.add(settled)
  }

  async function settleInFlight() {
    const timeout = new AbortController()
    await Promise.race([Promise.allSettled([...sending]), clock.sleep(options.flushTimeoutMs, timeout.signal)])
    timeout.abort()
  }

  async function commitRegularly(signal: AbortSignal) {
    while (!signal.aborted) {
      await clock.sleep(options.flushIntervalMs, signal)
      if (!signal.aborted) await commit()
    }
  }

  /** One commit at a time. What cannot be stored now is stored with the next one. */
  function commit(): Promise<void> {
    commits = commits.then(async () => {
      const due = [...ledgers.values()].flatMap(({ partition, ledger }) => {
        const offset = ledger.takeCommittable()
        return offset === undefined ? [] : [{ partition, offset }]
      })
      const unsaved = [...pending.values(), ...due]
      try {
        if (unsaved.length > 0) await options.writeOffsets(unsaved)
        pending.clear()
        await task.commit?.()
      } catch (error) {
        for (const entry of due) pending.set(JSON.stringify(entry.partition), entry)
        logger.error(`Offsets could not be committed; they are tried again: ${messageOf(error)}`, { error })
      }
    })
    return commits
  }
  const pending = new Map<string, { partition: OffsetMap; offset: OffsetMap | null }>()

  return {
    run,
    setTarget: (target) => gate.setTarget(target),
    stop: () => gate.stop(),
    cancel: () => gate.cancel(),
    stage: () => stage,
  }
}
