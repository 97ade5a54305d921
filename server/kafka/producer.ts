import { backOffMs } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { createIdempotence, type Idempotence } from '#server/kafka/idempotence.ts'
import { createPartitionQueue, type PartitionQueue } from '#server/kafka/partition-queue.ts'
import {
  type BatchBuilder,
  batchHeaderBytes,
  createBatchBuilder,
  type PlainRecord,
  recordBound,
} from '#server/protocol/batch-builder.ts'
import type { Compression } from '#server/protocol/compression.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { partitionForKey } from '#server/protocol/murmur2.ts'

export interface ProducerOptions {
  /** -1: every in-sync replica has it; 1: the leader has it. */
  acks: -1 | 1
  /** Sequence numbers make retries free of duplicates and of reordering (KIP-98). Needs acks -1. */
  idempotent: boolean
  /** Batches of one partition that wait for an answer at the same time; 5 is the most that Kafka can deduplicate. */
  maxInFlight?: number
  /** Bytes of one batch; the broker refuses more than `max.message.bytes`, 1 MiB by default. */
  maxBatchBytes?: number
  /** How long a batch is tried before its promise rejects. */
  deliveryTimeoutMs?: number
  requestTimeoutMs?: number
  compression?: Compression
  /** Bytes of slabs that may be out before `room` waits (Kafka: `buffer.memory`). */
  bufferBytes?: number
}

export interface Ack {
  topic: string
  partition: number
  baseOffset: number
  /** Milliseconds since the epoch when the broker stamped the batch, else -1. */
  timestamp: number
}

/** A record of a writer of few records; without a partition its key decides. */
export type ProducedRecord = PlainRecord & { partition?: number }

/**
 * Writes batches. Order is kept per partition; up to `maxInFlight` batches of a partition are under way at once and are
 * sent again in order after a lost connection. One promise a batch, none a record.
 */
export interface Producer extends AsyncDisposable {
  /** Resolves when the topic's partitions and leaders are known; asks the broker to create the topic when it is missing. */
  ready(topic: string, signal?: AbortSignal): Promise<{ partitions: number }>
  /** Kafka's default partitioner: murmur2 of the key; for null keys one partition a batch. Only after `ready`. */
  partitionFor(topic: string, key: Uint8Array | null): number
  /** I12: resolves when another batch fits the memory of this producer; a writer that can wait asks before `newBatch`. */
  room(signal?: AbortSignal): Promise<void>
  /** An empty batch over a slab of the pool. It goes back to the pool with `send` or `release`. */
  newBatch(): BatchBuilder
  release(batch: BatchBuilder): void
  /** Resolves when the broker acknowledged the whole batch. The builder must not be touched afterwards. */
  send(topic: string, partition: number, batch: BatchBuilder): Promise<Ack>
  /** For writers of few records: one batch a partition. */
  produce(topic: string, records: readonly ProducedRecord[]): Promise<Ack[]>
  /** Resolves when nothing is under way any more. */
  flush(): Promise<void>
}

const defaults = {
  maxInFlight: 5,
  maxBatchBytes: 1024 * 1024,
  deliveryTimeoutMs: 120_000,
  requestTimeoutMs: 30_000,
  compression: 'none',
  bufferBytes: 32 * 1024 * 1024,
} as const
/** Slabs kept for reuse; beyond it they are left to the collector. */
const pooledSlabs = 8

export function createProducer(client: KafkaClient, options: ProducerOptions): Producer {
  const { clock } = client
  const settings = { ...defaults, ...options }
  const queues = new Map<string, PartitionQueue>()
  const slabs: Buffer[] = []
  const slabOf = new WeakMap<BatchBuilder, Buffer>()
  const roomWaiters = new Set<() => void>()
  const mostSlabs = Math.max(1, Math.floor(settings.bufferBytes / settings.maxBatchBytes))
  let slabsOut = 0
  const sticky = new Map<string, number>()
  const idempotence: Idempotence | undefined = options.idempotent ? createIdempotence(client) : undefined
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
        compression: settings.compression,
        idempotence,
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
    slabsOut--
    if (slabs.length < pooledSlabs) slabs.push(slab)
    for (const wake of [...roomWaiters]) wake()
  }

  const producer: Producer = {
    async ready(topic, signal) {
      for (let tried = 0; ; tried++) {
        try {
          const { partitions } = await client.topic(topic, { create: true, ...(signal ? { signal } : {}) })
          return { partitions: partitions.length }
        } catch (error) {
          const again = error instanceof KafkaError && error.errorName === 'NETWORK_EXCEPTION' && !signal?.aborted
          if (!again) throw error
          await clock.sleep(backOffMs(tried, clock.random()), signal)
        }
      }
    },
    partitionFor(topic, key) {
      const partitions = client.knownTopic(topic)?.partitions.length ?? 1
      if (key !== null) return partitionForKey(key, partitions)
      const current = sticky.get(topic)
      if (current !== undefined && current < partitions) return current
      const chosen = Math.floor(clock.random() * partitions)
      sticky.set(topic, chosen)
      return chosen
    },
    async room(signal) {
      while (slabsOut >= mostSlabs) {
        signal?.throwIfAborted()
        await new Promise<void>((resolve) => {
          const done = () => {
            roomWaiters.delete(done)
            signal?.removeEventListener('abort', done)
            resolve()
          }
          roomWaiters.add(done)
          signal?.addEventListener('abort', done)
        })
      }
    },
    newBatch() {
      const slab = slabs.pop() ?? Buffer.allocUnsafeSlow(settings.maxBatchBytes)
      const batch = createBatchBuilder(slab)
      slabOf.set(batch, slab)
      slabsOut++
      return batch
    },
    release,
    async send(topic, partition, batch) {
      sticky.delete(topic) // KIP-794: the next batch of null keys may go elsewhere
      try {
        return await queueOf(topic, partition).send(batch)
      } finally {
        // Only now: until the answer or the end of the connection the socket may still read the slab.
        release(batch)
      }
    },
    async produce(topic, records) {
      await producer.ready(topic)
      const batches = new Map<number, BatchBuilder>()
      const sent: Promise<Ack>[] = []
      const now = clock.now()
      for (const record of records) {
        const partition = record.partition ?? producer.partitionFor(topic, record.key)
        const timestamp = record.timestamp ?? now
        let batch = batches.get(partition) ?? producer.newBatch()
        if (!batch.append(timestamp, record.key, record.value, record.headers)) {
          if (batch.count > 0) sent.push(producer.send(topic, partition, batch))
          else release(batch)
          batch = batchFor(record)
          if (!batch.append(timestamp, record.key, record.value, record.headers)) {
            throw new KafkaError('MESSAGE_TOO_LARGE', `a record for ${topic}`)
          }
        }
        batches.set(partition, batch)
      }
      for (const [partition, batch] of batches) sent.push(producer.send(topic, partition, batch))
      return Promise.all(sent)
    },
    async flush() {
      await Promise.all([...queues.values()].map((queue) => queue.idle()))
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await Promise.all([...queues.values()].map((queue) => queue.idle()))
    },
  }

  /** A batch in which one record surely fits; a large one gets memory of its own, the broker judges its size. */
  function batchFor(record: PlainRecord): BatchBuilder {
    const needed = batchHeaderBytes + recordBound(record)
    return needed <= settings.maxBatchBytes ? producer.newBatch() : createBatchBuilder(Buffer.allocUnsafeSlow(needed))
  }

  return producer
}
