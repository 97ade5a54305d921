import type { PartitionLog } from '#server/broker/log/partition-log.ts'
import type { Topics } from '#server/broker/topics/topics.ts'
import { type BatchView, readBatches } from '#server/protocol/record-batch.ts'

const readBytes = 1024 * 1024

/** The one partition of a compacted topic in which the broker itself keeps a state; the topic is made when it is missing. */
export function internalLog(topics: Topics, name: string): PartitionLog {
  const topic =
    topics.byName(name) ??
    topics.create({
      name,
      partitions: 1,
      configs: { 'cleanup.policy': 'compact', 'compression.type': 'producer', 'segment.bytes': '8388608' },
    })
  const log = topic.partitions[0]
  if (!log) throw new Error(`${name} has no partition`)
  return log
}

/** Every batch of the topic in order, oldest first; none when there is no such topic. */
export function* internalBatches(topics: Topics, name: string): Generator<BatchView, void, void> {
  const log = topics.byName(name)?.partitions[0]
  for (let at = log?.startOffset ?? 0; log && at < log.endOffset; ) {
    const { records, nextOffset } = log.read(at, readBytes)
    for (const part of records) yield* readBatches(part, { verifyCrc: true })
    if (nextOffset === at) return
    at = nextOffset
  }
}
