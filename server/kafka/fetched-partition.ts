import type { TopicPartition } from '#server/kafka/admin.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'

/** What was read of a partition at once. */
export interface FetchedPartition extends TopicPartition {
  highWatermark: number
  /** Whole batches without markers and aborted transactions; the first may begin before `startOffset`. */
  batches: BatchView[]
  /** Records below it are not wanted: a batch is always sent whole. */
  startOffset: number
  /** The position after everything here, filtered batches included. With `maxPollRecords` records from it on come later. */
  nextOffset: number
}
