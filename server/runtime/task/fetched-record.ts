import type { RecordIndex } from '#server/protocol/record-index.ts'
import { describeConsumed } from '#server/runtime/task/errant-records.ts'
import type { ConsumedRecord, RecordAtHand } from '#server/runtime/task/record-at-hand.ts'
import type { SinkRecord } from '#server/sdk/records.ts'

/** What the records of one fetched batch have in common. */
interface FetchedBatch {
  topic: string
  partition: number
  timestampType: SinkRecord['timestampType']
  index: RecordIndex
}

/** A class, because there is one for every record: no closure, and little memory. */
export class FetchedRecord implements RecordAtHand {
  readonly #batch: FetchedBatch
  readonly #at: number

  constructor(batch: FetchedBatch, at: number) {
    this.#batch = batch
    this.#at = at
  }

  describe(): string {
    const { topic, partition, offset, timestamp } = this.consumed()
    return describeConsumed(topic, partition, offset, timestamp, this.#batch.timestampType)
  }

  consumed(): ConsumedRecord {
    const { topic, partition, index } = this.#batch
    const at = this.#at
    return {
      topic,
      partition,
      offset: index.offset(at),
      key: index.key(at),
      value: index.value(at),
      headers: index.headers(at),
      timestamp: index.timestamp[at] ?? -1,
    }
  }
}
