import type { Clock } from '#server/contract/clock.ts'
import type { Ack } from '#server/kafka/ack.ts'
import { type BatchBuilder, type PlainRecord, recordBound } from '#server/protocol/batch-builder.ts'

/** Collects records of small writers into batches: one batch a partition is open until it is full or has lingered. */
export interface Accumulator {
  /** Takes the record in order; resolves when the broker acknowledged it, with the offset of its own. */
  append(topic: string, partition: number, record: PlainRecord, timestamp: number): Promise<Ack>
  /** Whether the record surely fits what is open for its partition, so that `append` takes no memory for it. */
  hasPlace(topic: string, partition: number, record: PlainRecord): boolean
  /** Sends what is open now. */
  flush(): void
}

interface OpenBatch {
  topic: string
  partition: number
  builder: BatchBuilder
  /** When it was opened, by the monotonic clock. */
  since: number
  sent: PromiseWithResolvers<Ack>
}

export interface AccumulatorOptions {
  clock: Clock
  /** 0: until the work that runs just now is done, so that writers of one turn share a batch. */
  lingerMs: number
  newBatch(): BatchBuilder
  /** A batch in which the record surely fits. */
  batchFor(record: PlainRecord): BatchBuilder
  release(batch: BatchBuilder): void
  send(topic: string, partition: number, batch: BatchBuilder, since: number): Promise<Ack>
}

export function createAccumulator(options: AccumulatorOptions): Accumulator {
  const { clock, lingerMs, newBatch, send } = options
  const open = new Map<string, OpenBatch>()

  function close(key: string, batch: OpenBatch) {
    if (open.get(key) !== batch) return
    open.delete(key)
    send(batch.topic, batch.partition, batch.builder, batch.since).then(batch.sent.resolve, batch.sent.reject)
  }

  function start(key: string, topic: string, partition: number, builder: BatchBuilder): OpenBatch {
    const batch: OpenBatch = { topic, partition, builder, since: clock.monotonic(), sent: Promise.withResolvers<Ack>() }
    open.set(key, batch)
    const lingered = () => close(key, batch)
    if (lingerMs > 0) void clock.sleep(lingerMs).then(lingered)
    else setImmediate(lingered)
    return batch
  }

  const keyOf = (topic: string, partition: number) => `${topic}-${partition}`

  return {
    hasPlace(topic, partition, record) {
      const batch = open.get(keyOf(topic, partition))?.builder
      return batch !== undefined && batch.sizeBytes + recordBound(record) <= batch.slab.length
    },
    async append(topic, partition, record, timestamp) {
      const key = keyOf(topic, partition)
      const fits = ({ builder }: OpenBatch) => builder.append(timestamp, record.key, record.value, record.headers)
      let batch = open.get(key)
      if (batch && !fits(batch)) {
        close(key, batch)
        batch = undefined
      }
      if (!batch) {
        const fresh = newBatch()
        batch = start(key, topic, partition, fresh)
        if (!fits(batch)) {
          open.delete(key)
          options.release(fresh)
          batch = start(key, topic, partition, options.batchFor(record))
          fits(batch)
          close(key, batch)
        }
      }
      const index = batch.builder.count - 1
      const ack = await batch.sent.promise
      return { ...ack, baseOffset: ack.baseOffset >= 0 && index < ack.records ? ack.baseOffset + index : -1 }
    },
    flush() {
      for (const [key, batch] of [...open]) close(key, batch)
    },
  }
}
