import { createAccumulator } from '#server/kafka/accumulator.ts'
import type { Ack } from '#server/kafka/ack.ts'
import { withinBlockTime } from '#server/kafka/block-time.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { connectorRequestTimeoutMs } from '#server/kafka/client-fields.ts'
import { createIdempotence, type Idempotence } from '#server/kafka/idempotence.ts'
import type { TopicMetadata } from '#server/kafka/metadata.ts'
import { createPartitionQueue, type PartitionQueue } from '#server/kafka/partition-queue.ts'
import { createPartitioner } from '#server/kafka/partitioner.ts'
import { createSlabBudget, createSlabPool, type SlabPool } from '#server/kafka/slab-pool.ts'
import {
  type BatchBuilder,
  batchHeaderBytes,
  createBatchBuilder,
  type PlainRecord,
  recordBound,
} from '#server/protocol/batch-builder.ts'
import type { Compression } from '#server/protocol/compression.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

export interface ProducerOptions {
  /** -1: every in-sync replica has it; 1: the leader has it; 0: it left, and nobody knows where it stands. */
  acks: -1 | 0 | 1
  /** Sequence numbers make retries free of duplicates and of reordering (KIP-98). Needs acks -1. */
  idempotent: boolean
  /** Batches of one partition that wait for an answer at the same time; 5 is the most that Kafka can deduplicate. */
  maxInFlight?: number
  /** Bytes of one batch; the broker refuses more than `max.message.bytes`, 1 MiB by default. */
  maxBatchBytes?: number
  /** From its first record on a batch is acknowledged within this time, or its promise rejects (`delivery.timeout.ms`). */
  deliveryTimeoutMs?: number
  requestTimeoutMs?: number
  /** How often a batch is sent again (Kafka: `retries`); as often as its time lets it without this. */
  retries?: number
  /**
   * How long a wait for a topic, or for memory, may last (Kafka: `max.block.ms`); then it rejects with REQUEST_TIMED_OUT. As
   * long as it takes without this.
   */
  maxBlockMs?: number
  compression?: Compression
  /** Of that compression (`compression.zstd.level` and so on); Kafka's default without it. */
  compressionLevel?: number
  /** Bytes of slabs that may be out before `room` waits (Kafka: `buffer.memory`). */
  bufferBytes?: number
  /** Slabs shared with other producers; then a batch is at most one of those. `bufferBytes` stays one's own. */
  slabs?: SlabPool
  /**
   * I4: a batch that fails for good takes along all that is behind it in its partition, and nothing more is sent there: for
   * writers that give up with the first failure, and send everything again from there.
   */
  stopsAtFailure?: boolean
  /** How long records of `produce` wait for others to share a batch with. */
  lingerMs?: number
  /** A larger record is refused before it is sent (Kafka: `max.request.size`); without it the broker judges. */
  maxRequestBytes?: number
}

/** A record of a writer of few records; without a partition its key decides. */
export type ProducedRecord = PlainRecord & { partition?: number }

/**
 * Writes batches. Order is kept per partition; up to `maxInFlight` batches of a partition are under way at once and are
 * sent again in order after a lost connection. One promise a batch, none a record.
 */
export interface Producer extends AsyncDisposable {
  /**
   * Resolves when the topic's partitions and leaders are known; asks the broker to create the topic when it is missing.
   * Without `maxBlockMs` rejects after the client's `apiTimeoutMs` for a topic that is not there, never because nobody answers.
   */
  ready(topic: string, signal?: AbortSignal): Promise<{ partitions: number }>
  /** Kafka's default partitioner: murmur2 of the key; for null keys one partition a batch. Only after `ready`. */
  partitionFor(topic: string, key: Uint8Array | null): number
  /**
   * I12: resolves when another batch fits the memory of this producer; a writer that can wait asks before `newBatch`. Rejects
   * with REQUEST_TIMED_OUT after `maxBlockMs`.
   */
  room(signal?: AbortSignal): Promise<void>
  /** An empty batch over a slab of the pool. It goes back to the pool with `send` or `release`. */
  newBatch(): BatchBuilder
  release(batch: BatchBuilder): void
  /**
   * Resolves when the broker acknowledged the whole batch; rejects when no more of it will be, with BatchPartsError when some
   * of it was. The builder must not be touched afterwards, nor after a failure. */
  send(topic: string, partition: number, batch: BatchBuilder): Promise<Ack>
  /**
   * For writers of few records, who share batches: calls for one topic keep their order, also while its metadata are
   * away. One Ack a record. Rejects with MESSAGE_TOO_LARGE for a record over `maxRequestBytes`, before any is sent.
   */
  produce(topic: string, records: readonly ProducedRecord[]): Promise<Ack[]>
  /** Resolves when nothing is under way any more. */
  flush(): Promise<void>
}

const defaults = {
  maxInFlight: 5,
  maxBatchBytes: 1024 * 1024,
  deliveryTimeoutMs: 120_000,
  requestTimeoutMs: connectorRequestTimeoutMs,
  compression: 'none',
  bufferBytes: 32 * 1024 * 1024,
  lingerMs: 0,
  retries: Number.POSITIVE_INFINITY,
  maxBlockMs: Number.POSITIVE_INFINITY,
  stopsAtFailure: false,
  maxRequestBytes: Number.POSITIVE_INFINITY,
} as const

/** @param identities who writes; by default a producer id of its own when `idempotent`. */
export function createProducer(
  client: KafkaClient,
  options: ProducerOptions,
  identities: Idempotence | undefined = options.idempotent ? createIdempotence(client) : undefined,
): Producer {
  const { clock } = client
  const settings = { ...defaults, ...options }
  const { maxBlockMs } = settings
  const slabBytes = Math.min(settings.maxBatchBytes, settings.maxRequestBytes)
  const slabs = createSlabBudget(options.slabs ?? createSlabPool(slabBytes), settings.bufferBytes)
  const batchBytes = Math.min(slabBytes, slabs.slabBytes)
  const queues = new Map<string, PartitionQueue>()
  const slabOf = new WeakMap<BatchBuilder, Buffer>()
  /** The last turn of each topic's `produce` calls. */
  const turns = new Map<string, Promise<void>>()
  const partitioner = createPartitioner(clock)
  /** As each topic was last known: while its leaders are asked for again, a key keeps its partition. */
  const topics = new Map<string, TopicMetadata>()
  const closing = new AbortController()

  function queueOf(topic: string, partition: number): PartitionQueue {
    const key = `${topic}-${partition}`
    let queue = queues.get(key)
    if (!queue) {
      queue = createPartitionQueue(client, {
        topic,
        partition,
        acks: settings.acks,
        maxInFlight: settings.maxInFlight,
        deliveryTimeoutMs: settings.deliveryTimeoutMs,
        requestTimeoutMs: settings.requestTimeoutMs,
        retries: settings.retries,
        compression: settings.compression,
        compressionLevel: settings.compressionLevel,
        idempotence: identities,
        stopsAtFailure: settings.stopsAtFailure,
        signal: closing.signal,
      })
      queues.set(key, queue)
    }
    return queue
  }

  function release(batch: BatchBuilder) {
    const slab = slabOf.get(batch)
    if (!slab) return
    slabOf.delete(batch)
    slabs.give(slab)
  }

  /** An empty batch of at most `batchBytes`, or of what one large record needs. */
  function newBatch(bytes = batchBytes): BatchBuilder {
    const slab = slabs.take(bytes)
    const batch = createBatchBuilder(bytes < slab.length ? slab.subarray(0, bytes) : slab)
    slabOf.set(batch, slab)
    return batch
  }

  /** What a batch takes in which the record surely fits. */
  const bytesFor = (record: PlainRecord) => Math.max(batchBytes, batchHeaderBytes + recordBound(record))

  /** Appends in order; I12: what finds no place in an open batch waits until the memory for another is there. */
  async function append(topic: string, records: readonly ProducedRecord[]): Promise<Promise<Ack>[]> {
    const now = clock.now()
    const acks: Promise<Ack>[] = []
    for (const record of records) {
      const partition = record.partition ?? producer.partitionFor(topic, record.key)
      while (!accumulator.hasPlace(topic, partition, record) && !slabs.fits(bytesFor(record))) {
        void Promise.allSettled(acks) // the caller hears of them only when all are appended
        accumulator.flush()
        await room(undefined, bytesFor(record))
      }
      acks.push(accumulator.append(topic, partition, record, record.timestamp ?? now))
    }
    return acks
  }

  /** I12: at once where there is room, within `maxBlockMs` where there is none. */
  async function room(signal?: AbortSignal, bytes = slabs.slabBytes): Promise<void> {
    if (slabs.fits(bytes)) return signal?.throwIfAborted()
    await withinBlockTime(
      clock,
      { maxBlockMs, signal },
      (until) => slabs.room(until, bytes),
      () => bufferExhausted(bytes),
    )
  }

  /** In the words of Kafka's `BufferExhaustedException`, which is a timeout. */
  function bufferExhausted(bytes: number) {
    const within = `within the configured max blocking time ${maxBlockMs} ms`
    const memory = `Total memory: ${settings.bufferBytes} bytes. Available memory: ${slabs.available} bytes. Poolable size: ${slabs.slabBytes} bytes`
    return new KafkaError('REQUEST_TIMED_OUT', `Failed to allocate ${bytes} bytes ${within}. ${memory}`)
  }

  /** @param told each failure that is not the last word */
  async function known(topic: string, signal: AbortSignal | undefined, told: (error: KafkaError) => void) {
    const patienceMs = maxBlockMs === Number.POSITIVE_INFINITY ? client.apiTimeoutMs : Number.POSITIVE_INFINITY
    let since = clock.monotonic()
    for (let tried = 0; ; tried++) {
      try {
        return await client.topic(topic, { create: true, withinMs: 0, ...(signal ? { signal } : {}) })
      } catch (error) {
        if (signal?.aborted || !(error instanceof KafkaError && error.retriable)) throw error
        // Who does not answer says nothing about the topic.
        if (error.errorName === 'NETWORK_EXCEPTION') since = clock.monotonic()
        if (clock.monotonic() - since > patienceMs) throw error
        told(error)
        client.retrying(`the search for topic ${topic}`, error, tried)
        await clock.sleep(client.retryDelayMs(tried), signal)
      }
    }
  }

  function checkSize(topic: string, record: PlainRecord) {
    const size = batchHeaderBytes + recordBound(record)
    if (size <= settings.maxRequestBytes) return
    const limit = `max.request.size, which is ${settings.maxRequestBytes}`
    throw new KafkaError('MESSAGE_TOO_LARGE', `a record for ${topic} takes up to ${size} bytes, more than ${limit}`)
  }

  /** Runs the work when that of all earlier calls for the topic is done. */
  function inTurn<Answer>(topic: string, work: () => Promise<Answer>): Promise<Answer> {
    const mine = (turns.get(topic) ?? Promise.resolve()).then(work)
    const over = mine.then(
      () => undefined,
      () => undefined, // its caller is told
    )
    turns.set(topic, over)
    void over.then(() => turns.get(topic) === over && turns.delete(topic))
    return mine
  }

  const accumulator = createAccumulator({
    clock,
    lingerMs: settings.lingerMs,
    newBatch,
    batchFor: (record) => newBatch(bytesFor(record)),
    release,
    send,
  })

  function send(topic: string, partition: number, batch: BatchBuilder, since: number): Promise<Ack> {
    partitioner.batchSent(topic)
    return queueOf(topic, partition).send(batch, since, () => release(batch))
  }

  const producer: Producer = {
    async ready(topic, signal) {
      let cause: KafkaError | undefined
      const found = await withinBlockTime(
        clock,
        { maxBlockMs, signal },
        (until) =>
          known(topic, until, (error) => {
            cause = error
          }),
        () => {
          const detail = `Topic ${topic} not present in metadata after ${maxBlockMs} ms.`
          return new KafkaError('REQUEST_TIMED_OUT', detail, { cause })
        },
      )
      topics.set(topic, found)
      return { partitions: found.partitions.length }
    },
    partitionFor(topic, key) {
      const known = client.knownTopic(topic) ?? topics.get(topic)
      if (!known) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `nobody waited until ${topic} is ready`)
      return partitioner.partitionFor(known, key)
    },
    room: (signal) => room(signal),
    newBatch: () => newBatch(),
    release,
    send: (topic, partition, batch) => send(topic, partition, batch, clock.monotonic()),
    async produce(topic, records) {
      for (const record of records) checkSize(topic, record)
      const taken = await inTurn(topic, async () => {
        await producer.ready(topic)
        const acks = await append(topic, records)
        // In an object, or the turn would last until all are acknowledged.
        return { acks: Promise.all(acks) }
      })
      return taken.acks
    },
    async flush() {
      await Promise.all(turns.values())
      accumulator.flush()
      await Promise.all([...queues.values()].map((queue) => queue.idle()))
    },
    async [Symbol.asyncDispose]() {
      accumulator.flush()
      closing.abort()
      await Promise.all([...queues.values()].map((queue) => queue.idle()))
    },
  }
  return producer
}
