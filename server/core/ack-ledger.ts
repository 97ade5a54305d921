/** A source partition with the newest offset that may be stored for it. */
export interface Committable<Partition, Offset> {
  key: string
  partition: Partition
  offset: Offset
}

/**
 * Tracks what was handed to the producer and what Kafka acknowledged, one queue per source partition.
 *
 * I1, I6: an offset is committable only when every record before it in its source partition is in Kafka, or was filtered
 * or skipped. Source partitions do not wait for each other (Kafka: `SubmittedRecords`).
 */
export interface AckLedger<Partition, Offset> {
  /**
   * A record with this offset travels in `carrier` (the batch it was written to); the last of a run is enough. `key` is the
   * identity of the source partition. Without a carrier the record is done already.
   */
  sent(key: string, partition: Partition, offset: Offset, carrier?: object): void
  /** Everything in `carrier` is acknowledged. */
  settled(carrier: object): void
  /** Takes the newest safe offset of each source partition where something new is safe. */
  takeCommittable(): Committable<Partition, Offset>[]
  /** They could not be stored: they are committable again, except where something newer is by now. */
  giveBack(taken: readonly Committable<Partition, Offset>[]): void
  /** Whether anything waits for an acknowledgement. */
  readonly waiting: boolean
}

interface Entry<Offset> {
  offset: Offset
  /** undefined once acknowledged. */
  carrier: object | undefined
}

interface Queue<Partition, Offset> {
  key: string
  partition: Partition
  entries: Entry<Offset>[]
  safe: { offset: Offset } | undefined
}

export function createAckLedger<Partition, Offset>(): AckLedger<Partition, Offset> {
  const queues = new Map<string, Queue<Partition, Offset>>()
  /** Where each open carrier has entries. */
  const carried = new Map<object, { queue: Queue<Partition, Offset>; entry: Entry<Offset> }[]>()

  function queueOf(key: string, partition: Partition) {
    let queue = queues.get(key)
    if (!queue) {
      queue = { key, partition, entries: [], safe: undefined }
      queues.set(key, queue)
    }
    return queue
  }

  function advance(queue: Queue<Partition, Offset>) {
    let done = 0
    for (const entry of queue.entries) {
      if (entry.carrier) break
      queue.safe = { offset: entry.offset }
      done++
    }
    if (done > 0) queue.entries.splice(0, done)
  }

  return {
    sent(key, partition, offset, carrier) {
      const queue = queueOf(key, partition)
      const last = queue.entries.at(-1)
      if (!carrier && !last) queue.safe = { offset }
      else if (last && last.carrier === carrier) last.offset = offset
      else {
        const entry = { offset, carrier }
        queue.entries.push(entry)
        if (!carrier) return
        const places = carried.get(carrier)
        if (places) places.push({ queue, entry })
        else carried.set(carrier, [{ queue, entry }])
      }
    },
    settled(carrier) {
      const places = carried.get(carrier) ?? []
      carried.delete(carrier)
      for (const { entry } of places) entry.carrier = undefined
      for (const { queue } of places) advance(queue)
    },
    takeCommittable() {
      const taken: Committable<Partition, Offset>[] = []
      for (const queue of queues.values()) {
        if (!queue.safe) continue
        taken.push({ key: queue.key, partition: queue.partition, offset: queue.safe.offset })
        queue.safe = undefined
        // I12: a source may have any number of partitions over its life; a quiet one is remembered no longer.
        if (queue.entries.length === 0) queues.delete(queue.key)
      }
      return taken
    },
    giveBack(taken) {
      for (const { key, partition, offset } of taken) queueOf(key, partition).safe ??= { offset }
    },
    get waiting() {
      return carried.size > 0
    },
  }
}
