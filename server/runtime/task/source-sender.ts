import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Ack } from '#server/kafka/ack.ts'
import { partsOf } from '#server/kafka/batch-parts.ts'
import type { Producer } from '#server/kafka/producer.ts'
import type { RecordMetric } from '#server/observe/task-recorder.ts'
import {
  type BatchBuilder,
  batchHeaderBytes,
  createBatchBuilder,
  type PlainRecord,
  recordBound,
} from '#server/protocol/batch-builder.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import type { OffsetBook } from '#server/runtime/task/offset-book.ts'
import { createRareWarnings } from '#server/runtime/task/rare-warnings.ts'
import type { RecordAtHand } from '#server/runtime/task/record-at-hand.ts'
import { convertingStage, settleConversion } from '#server/runtime/task/settle-conversion.ts'
import { type Bucket, createSortedPoll, type SortedPoll } from '#server/runtime/task/sorted-poll.ts'
import {
  type ConvertedRecord,
  convertSourceRecord,
  polledRecord,
  transformSourceRecord,
} from '#server/runtime/task/source-conversion.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { TaskProgress } from '#server/runtime/task/task-progress.ts'
import type { During } from '#server/runtime/task/task-runner.ts'
import type { TaskTransforms } from '#server/runtime/task/task-transforms.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import type { TopicCreation } from '#server/runtime/task/topic-creation.ts'
import {
  isTextBatch,
  type OffsetMap,
  type SourceBatch,
  type SourceRecord,
  type TextBatch,
  textRecord,
} from '#server/sdk/records.ts'
import type { RecordMetadata, SourceTask } from '#server/sdk/source-task.ts'

/** Takes what a source task polled to Kafka, in order per topic partition (I4), and into the book of its offsets. */
export interface SourceSender {
  /** Resolves when the batch is with the producer; a task that is faster than Kafka waits here for room. */
  send(batch: SourceBatch): Promise<void>
  /** What Kafka refused for good, after which nothing more is to be sent. */
  throwIfFailed(): void
  /** Resolves when nothing is under way any more and the task was told of it. */
  settled(): Promise<void>
}

export interface SourceSenderOptions {
  task: Pick<SourceTask, 'commitRecord'>
  converters: TaskConverters
  transforms?: TaskTransforms | undefined
  producer: Producer
  topicCreation?: TopicCreation | undefined
  offsets: Pick<OffsetBook, 'sent'>
  tolerance: Tolerance
  during: During
  progress: Pick<TaskProgress, 'outstanding' | 'failing' | 'recovered'>
  /** Records go to this topic; called often. */
  onTopic: (topic: string) => void
  onFailure: () => void
  record: RecordMetric
  /** Ends a wait for room or for a topic. */
  signal: AbortSignal
  /** Ends a wait for what a conversion needs: `send` rejects with its reason, without the records that waited. */
  ending: AbortSignal
  clock: Clock
  logger: Logger
}

const senderClass = 'org.apache.kafka.connect.runtime.WorkerSourceTask'

export function createSourceSender(options: SourceSenderOptions): SourceSender {
  const { task, converters, producer, offsets, tolerance, during, progress, signal, clock, logger } = options
  const warn = createRareWarnings({ clock, logger })
  const readyTopics = new Set<string>()
  const underWay = new Set<Promise<unknown>>()
  let reports: Promise<void> = Promise.resolve()
  let failure: Error | undefined
  /** Polled and not yet written. */
  let active = 0

  const track = (work: Promise<unknown>) => {
    const tracked = work.finally(() => underWay.delete(tracked))
    underWay.add(tracked)
  }
  const throwIfFailed = () => {
    if (failure) throw failure
  }
  const failed = (cause: unknown) => {
    failure ??= new Error('Unrecoverable exception from producer send callback', { cause })
    return failure
  }

  /** What a send waits for first fails as the send itself does (Kafka: `KafkaProducer.doSend`). */
  async function readyToSend(wait: () => Promise<unknown>) {
    try {
      await wait()
    } catch (error) {
      throw error instanceof KafkaError ? failed(error) : error
    }
  }

  /** Counts records as under way, or, below zero, as done with. */
  function take(count: number) {
    active += count
    options.record('source-record-active-count', active)
  }
  const settle = (count: number) => take(-count)

  async function prepare(topic: string) {
    if (!readyTopics.has(topic)) {
      await options.topicCreation?.ensure(topic, signal)
      await readyToSend(() => producer.ready(topic, signal))
      readyTopics.add(topic)
    }
    options.onTopic(topic)
  }

  /** The fast way: no object a record, from the source's bytes into the batch. */
  async function sendTexts(batch: TextBatch, writeTexts: NonNullable<TaskConverters['value']['writeTexts']>) {
    await prepare(batch.topic)
    for (let from = 0; from < batch.count; ) {
      await readyToSend(() => producer.room(signal))
      throwIfFailed()
      const builder = producer.newBatch()
      let written = 0
      try {
        written = writeTexts.call(converters.value, batch, from, batch.timestamp ?? clock.now(), builder)
      } finally {
        if (written === 0) producer.release(builder)
      }
      if (written === 0) {
        // Larger than a slab.
        await sendRecords([textRecord(batch, from)])
        from += 1
        continue
      }
      from += written
      const partition = producer.partitionFor(batch.topic, null)
      const done = handOver(batch.topic, partition, builder, [])
      acknowledge(batch.sourcePartition, batch.offsetAt(from - 1), [done])
    }
  }

  async function sendRecords(records: readonly SourceRecord[]) {
    const poll = createSortedPoll()
    let refusal: { error: unknown } | undefined
    try {
      await during(convertingStage, () => convertAll(records, poll))
    } catch (error) {
      refusal = { error }
    }
    // What came before a record that fails the task is good.
    for (const bucket of poll.buckets()) await sendBucket(bucket)
    for (const { partition, offset, buckets } of poll.progress()) {
      const outcomes = [...buckets].flatMap((bucket) => bucket.outcomes)
      acknowledge(partition, offset, outcomes)
    }
    if (refusal) throw refusal.error
    // Nothing to wait for must not keep the thread from everybody else.
    if (poll.buckets().length === 0) await nextTurn()
  }

  async function convertAll(records: readonly SourceRecord[], poll: SortedPoll) {
    for (const source of records) {
      const atHand = polledRecord(source)
      const transform = () => transformSourceRecord(source, options.transforms, tolerance, atHand)
      const record = options.transforms ? await untilSettled(transform) : source
      const converted = record && (await convert(source, record, atHand))
      if (converted) {
        poll.add(converted, record.partition ?? producer.partitionFor(record.topic, converted.key))
      } else {
        poll.leaveOut(source)
        settle(1)
        report([source], null)
      }
    }
  }

  async function convert(
    source: SourceRecord,
    record: SourceRecord,
    atHand: RecordAtHand,
  ): Promise<ConvertedRecord | undefined> {
    await prepare(record.topic)
    return untilSettled(() => convertSourceRecord(source, record, converters, tolerance, atHand, clock.now()))
  }

  async function untilSettled<Result>(step: () => Result): Promise<Result> {
    let waits = false
    try {
      for (;;) {
        try {
          return step()
        } catch (error) {
          waits = true
          await settleConversion(error, { signal: options.ending, progress, warn, clock })
        }
      }
    } finally {
      if (waits) progress.recovered(convertingStage)
    }
  }

  async function sendBucket(bucket: Bucket) {
    const { topic, partition, records, outcomes } = bucket
    for (let from = 0; from < records.length; ) {
      await readyToSend(() => producer.room(signal))
      throwIfFailed()
      const builder = producer.newBatch()
      let to = from
      while (to < records.length && append(builder, records[to])) to++
      const whole = records.slice(from, to)
      if (whole.length > 0) outcomes.push(handOver(topic, partition, builder, whole))
      else {
        producer.release(builder)
        await sendLarge(bucket, records.slice(from, ++to))
      }
      from = to
    }
  }

  /** A record larger than a slab gets memory of its own, one at a time (I12); the broker judges whether it is too large. */
  async function sendLarge({ topic, partition, outcomes }: Bucket, records: ConvertedRecord[]) {
    const size = records.reduce((sum, record) => sum + recordBound(record), batchHeaderBytes)
    const builder = createBatchBuilder(Buffer.allocUnsafeSlow(size))
    for (const record of records) append(builder, record)
    const done = handOver(topic, partition, builder, records)
    outcomes.push(done)
    await done
  }

  /** Resolves when the batch is acknowledged or left out; false when Kafka refused it for good. */
  function handOver(
    topic: string,
    partition: number,
    builder: BatchBuilder,
    records: readonly ConvertedRecord[],
  ): Promise<boolean> {
    const sources = task.commitRecord ? records.map(({ source }) => source) : []
    const count = builder.count
    progress.outstanding(1)
    const over = () => {
      progress.outstanding(-1)
      settle(count)
    }
    const written = (ack: Ack, from: number, to: number) => {
      options.record('source-record-write', to - from)
      report(sources.slice(from, to), ack, records.slice(from, to))
    }
    const leftOut = (error: Error, from: number, to: number) => {
      const what = { describe: () => `a record for ${topic}-${partition}` }
      for (let at = from; at < to; at++) if (!tolerance.refused(senderClass, error, what)) return false
      report(sources.slice(from, to), null)
      return true
    }
    const done = producer.send(topic, partition, builder).then(
      (ack) => {
        over()
        written(ack, 0, count)
        return true
      },
      (error: Error) => {
        over()
        let at = 0
        const good = partsOf(error, count).every(({ outcome, count: many }) => {
          const from = at
          at += many
          if (!(outcome instanceof Error)) written(outcome, from, at)
          else return !signal.aborted && leftOut(outcome, from, at)
          return true
        })
        if (good) return true
        // I6: what failed stays unacknowledged, so that no offset behind it is ever committed.
        failed(error)
        options.onFailure()
        return false
      },
    )
    track(done)
    return done
  }

  function acknowledge(partition: OffsetMap | null, offset: OffsetMap | null, outcomes: readonly Promise<boolean>[]) {
    if (!partition) return
    const acked = offsets.sent(partition, offset)
    track(Promise.all(outcomes).then((done) => done.every(Boolean) && acked()))
  }

  /** `commitRecord`, one after the other, while the next poll is under way. */
  function report(records: readonly SourceRecord[], ack: Ack | null, converted: readonly ConvertedRecord[] = []) {
    if (!task.commitRecord || records.length === 0) return
    reports = reports.then(async () => {
      for (const [i, record] of records.entries()) {
        await reportOne(record, ack && metadataOf(ack, i, converted[i]?.timestamp))
      }
    })
  }

  async function reportOne(record: SourceRecord, metadata: RecordMetadata | null) {
    try {
      await during('committing a record of', () => task.commitRecord?.(record, metadata))
    } catch (error) {
      logger.error(`Exception thrown while calling task.commitRecord(): ${messageOf(error)}`, { error })
    }
  }

  return {
    async send(batch) {
      take(isTextBatch(batch) ? batch.count : batch.length)
      const { writeTexts } = converters.value
      if (!isTextBatch(batch)) return sendRecords(batch)
      if (writeTexts && !task.commitRecord && !options.transforms) return sendTexts(batch, writeTexts)
      return sendRecords(Array.from({ length: batch.count }, (_, i) => textRecord(batch, i)))
    },
    throwIfFailed,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
      await reports
    },
  }
}

const append = (builder: BatchBuilder, record: (PlainRecord & { timestamp: number }) | undefined) =>
  record !== undefined && builder.append(record.timestamp, record.key, record.value, record.headers)

/** The offsets of a batch follow one another. */
const metadataOf = ({ topic, partition, baseOffset, timestamp }: Ack, i: number, sent = -1): RecordMetadata => ({
  topic,
  partition,
  // A batch that the broker had already may come back without its offset.
  offset: baseOffset < 0 ? -1 : baseOffset + i,
  timestamp: timestamp < 0 ? sent : timestamp,
})
