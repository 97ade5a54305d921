import { type Clock, systemClock } from '#server/contract/clock.ts'
import { isTextBatch, type OffsetMap, type SourceBatch, type SourceRecord, textRecord } from '#server/sdk/records.ts'
import type { SourceTask, SourceTaskContext } from '#server/sdk/source-task.ts'
import { quietLogger } from '#server/sdk/testing/quiet-logger.ts'

/** What the offset store holds: a source partition, as JSON, and its offset. */
export type StoredOffsets = ReadonlyMap<string, OffsetMap | null>

/** The context of a source task outside a worker. */
export function sourceContext(
  options: { task?: number; clock?: Clock; stored?: StoredOffsets; connector?: string } = {},
): SourceTaskContext {
  const { task = 0, clock = systemClock, stored = new Map(), connector = 'under-test' } = options
  return {
    connector,
    task,
    clock,
    logger: quietLogger,
    offsets: async (partitions) => partitions.map((partition) => stored.get(JSON.stringify(partition)) ?? null),
  }
}

/** The records of a batch, made now: a task may use the memory behind it again. */
export function recordsOf(batch: SourceBatch | null): SourceRecord[] {
  if (!batch) return []
  return isTextBatch(batch) ? Array.from({ length: batch.count }, (_, i) => textRecord(batch, i)) : [...batch]
}

/** Polls until there are `count` records; a source that has fewer runs into the test's time limit. */
export async function take(task: SourceTask, count: number, signal = new AbortController().signal) {
  const records: SourceRecord[] = []
  while (records.length < count) records.push(...recordsOf(await task.poll(signal)))
  return records
}

/** What the offset store holds when these records, and all before them, are in Kafka. */
export function storedAfter(records: readonly SourceRecord[]): Map<string, OffsetMap | null> {
  const stored = new Map<string, OffsetMap | null>()
  for (const { sourcePartition, sourceOffset } of records) {
    if (sourcePartition) stored.set(JSON.stringify(sourcePartition), sourceOffset)
  }
  return stored
}
