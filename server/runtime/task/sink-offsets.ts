import type { TopicPartitionOffset } from '#server/kafka/admin.ts'
import type { TopicPartition } from '#server/sdk/records.ts'

/** What one sink task was given and what of it is committed, per topic partition that it holds. */
export interface SinkOffsets {
  /** Records from `from` up to, not including, `next` were put. */
  delivered(partition: TopicPartition, from: number, next: number): void
  /** The task chose to go on here: that counts as consumed and as committed (Kafka: `WorkerSinkTask.rewind`). */
  sought(partition: TopicPartition, offset: number): void
  /** What was put of these partitions; without them, everything. */
  current(of?: readonly TopicPartition[]): TopicPartitionOffset[]
  /**
   * Of what a task calls safe, what may be committed: partitions it holds, never ahead of what was put (I6), and news.
   * `refused` is what may not be.
   */
  committable(safe: readonly TopicPartitionOffset[]): { news: TopicPartitionOffset[]; refused: TopicPartitionOffset[] }
  committed(offsets: readonly TopicPartitionOffset[]): void
  /** How many positions were put and are not committed. */
  uncommitted(): number
  /** Goes back to what is committed, and tells it. */
  rewind(): TopicPartitionOffset[]
  /** These partitions went elsewhere. */
  forget(partitions: readonly TopicPartition[]): void
}

export const partitionKey = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`

interface Place {
  partition: TopicPartition
  current: number
  committed: number
}

export function createSinkOffsets(): SinkOffsets {
  const places = new Map<string, Place>()
  const at = ({ topic, partition }: TopicPartition, offset: number) => ({ topic, partition, offset })

  return {
    delivered(partition, from, next) {
      const known = places.get(partitionKey(partition))
      if (known) known.current = next
      // Reading began at what was committed, or where nothing was.
      else places.set(partitionKey(partition), { partition, current: next, committed: from })
    },
    sought(partition, offset) {
      places.set(partitionKey(partition), { partition, current: offset, committed: offset })
    },
    current(of) {
      const wanted = of && new Set(of.map(partitionKey))
      return [...places].flatMap(([key, { partition, current }]) =>
        wanted?.has(key) === false ? [] : at(partition, current),
      )
    },
    committable(safe) {
      const news: TopicPartitionOffset[] = []
      const refused: TopicPartitionOffset[] = []
      for (const offset of safe) {
        const place = places.get(partitionKey(offset))
        if (!place || offset.offset > place.current) refused.push(offset)
        else if (offset.offset !== place.committed) news.push(offset)
      }
      return { news, refused }
    },
    committed(offsets) {
      for (const offset of offsets) {
        const place = places.get(partitionKey(offset))
        if (place) place.committed = offset.offset
      }
    },
    uncommitted: () => [...places.values()].reduce((sum, { current, committed }) => sum + current - committed, 0),
    rewind() {
      for (const place of places.values()) place.current = place.committed
      return [...places.values()].map(({ partition, committed }) => at(partition, committed))
    },
    forget(partitions) {
      for (const partition of partitions) places.delete(partitionKey(partition))
    },
  }
}
