import type { Clock } from '#server/contract/clock.ts'
import type { TopicMetadata } from '#server/kafka/metadata.ts'
import { partitionForKey } from '#server/protocol/murmur2.ts'

/** Kafka's default partitioner: murmur2 of the key; without a key one partition a batch, of those that can be written. */
export interface Partitioner {
  partitionFor(topic: TopicMetadata, key: Uint8Array | null): number
  /** A batch of the topic is on its way: the next records without a key may go elsewhere (KIP-794). */
  batchSent(name: string): void
}

export function createPartitioner(clock: Clock): Partitioner {
  const sticky = new Map<string, number>()
  return {
    partitionFor({ name, partitions }, key) {
      if (key !== null) return partitionForKey(key, partitions.length)
      const current = sticky.get(name)
      if (current !== undefined && current < partitions.length) return current
      const led = partitions.filter(({ leader }) => leader >= 0)
      const among = led.length > 0 ? led : partitions
      const chosen = among[Math.floor(clock.random() * among.length)]?.partition ?? 0
      sticky.set(name, chosen)
      return chosen
    },
    batchSent: (name) => void sticky.delete(name),
  }
}
