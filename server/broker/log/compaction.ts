import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { filterBatch } from '#server/broker/log/filter-batch.ts'
import { openSegment, type Segment, segmentName } from '#server/broker/log/segment.ts'
import { syncFolder } from '#server/broker/log/write-file-durably.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'
import type { RecordIndex } from '#server/protocol/record-index.ts'

export interface CompactionRules {
  /** Records before it are gone already. */
  startOffset: number
  /**
   * Tombstones and markers before it have been readable for `delete.retention.ms` since the records under them went.
   */
  forgetBefore: number
  /** Neighbours that are no larger together become one (`segment.bytes`). */
  segmentBytes: number
  /** Whether the batch belongs to an aborted transaction. */
  isAborted(batch: BatchView): boolean
  /** Whether nobody removed one of the segments meanwhile; otherwise the rest is left for another time. */
  isCurrent(group: readonly Segment[]): boolean
  /** Called with the offsets of the markers that will be gone, before the segments' file is replaced. */
  beforeReplacing(group: readonly Segment[], forgottenMarkers: readonly number[]): void
  /** Called at once when the file of the first stands for all of them, or none does. */
  replaced(group: readonly Segment[], by: Segment | undefined): void
}

/** After so many bytes others get their turn. */
const stepBytes = 1024 * 1024

/**
 * Keeps the last record of every key (Kafka: LogCleaner), a step at a time. Offsets and order stay as they are; a record
 * without a key is kept, since there is nothing to compare it by. Of an aborted transaction nothing stays, and a marker
 * leaves when no record of its transaction is left and `forgetBefore` has passed it. Every transaction in the segments has
 * ended. Segments are replaced by one rename, so that a crash leaves the old or the new ones.
 */
export function* compactSegments(
  directory: string,
  segments: readonly Segment[],
  rules: CompactionRules,
): Generator<void, void, void> {
  const newest = yield* newestOffsets(segments, rules)
  if (!newest) return
  /** Producers with records that stay in the transaction that is being walked through. */
  const withRecords = new Set<number>()

  const retains = (index: RecordIndex, record: number): boolean => {
    const offset = index.offset(record)
    if (offset < rules.startOffset) return false
    const key = index.key(record)
    if (!key) return true
    if (newest.get(key.toString('latin1')) !== offset) return false
    return (index.valueLength[record] ?? -1) >= 0 || offset >= rules.forgetBefore
  }

  for (const group of groupsOf(segments, rules.segmentBytes)) {
    const forgottenMarkers: number[] = []
    const keep = (batch: BatchView): Buffer | undefined => {
      if (batch.control) {
        const needed = withRecords.delete(batch.producerId) || batch.lastOffset >= rules.forgetBefore
        if (needed) return batch.bytes
        forgottenMarkers.push(batch.lastOffset)
        return undefined
      }
      const bytes = rules.isAborted(batch) ? undefined : filterBatch(batch, retains)
      if (bytes && batch.transactional) withRecords.add(batch.producerId)
      return bytes
    }
    const draft = yield* writeDraft(directory, group, keep, rules)
    if (!draft) return
    if (group.length === 1 && draft.size === group[0]?.size) {
      rmSync(draft.file)
      continue
    }
    rules.beforeReplacing(group, forgottenMarkers)
    rules.replaced(group, replace(directory, group, draft))
  }
}

/** Undefined when a segment was removed meanwhile: its file is closed. */
function* newestOffsets(
  segments: readonly Segment[],
  { isAborted, isCurrent }: CompactionRules,
): Generator<void, Map<string, number> | undefined, void> {
  const newest = new Map<string, number>()
  let bytes = 0
  for (const batch of batchesOf(segments)) {
    bytes += batch.bytes.length
    if (bytes >= stepBytes) {
      yield
      if (!isCurrent(segments)) return undefined
      bytes = 0
    }
    if (batch.control || isAborted(batch)) continue
    const index = batch.index()
    for (let record = 0; record < index.count; record++) {
      const key = index.key(record)
      if (key) newest.set(key.toString('latin1'), index.offset(record))
    }
  }
  return newest
}

function* batchesOf(segments: readonly Segment[]): Generator<BatchView, void, void> {
  for (const segment of segments) for (const { batch } of segment.batches(segment.baseOffset)) yield batch
}

/** Neighbours that may become one. */
function groupsOf(segments: readonly Segment[], segmentBytes: number): Segment[][] {
  const groups: Segment[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const segment of segments) {
    if (size + segment.size > segmentBytes) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(segment)
    size += segment.size
  }
  return groups
}

interface Draft {
  file: string
  size: number
}

/** Undefined when a segment was removed meanwhile. */
function* writeDraft(
  directory: string,
  group: readonly Segment[],
  keep: (batch: BatchView) => Buffer | undefined,
  { isCurrent }: CompactionRules,
): Generator<void, Draft | undefined, void> {
  const file = join(directory, `${segmentName(group[0]?.baseOffset ?? 0)}.cleaned`)
  const handle = openSync(file, 'w')
  let size = 0
  let walked = 0
  try {
    for (const batch of batchesOf(group)) {
      const bytes = keep(batch)
      for (let at = 0; bytes && at < bytes.length; ) at += writeSync(handle, bytes, at)
      size += bytes?.length ?? 0
      walked += batch.bytes.length
      if (walked < stepBytes) continue
      yield
      if (!isCurrent(group)) return undefined
      walked = 0
    }
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  return { file, size }
}

/**
 * Puts the draft in the place of the group's first file and removes the others. After a crash in between, the others lie
 * within the first one or hold nothing newer: they are removed, or compacted again.
 */
function replace(directory: string, group: readonly Segment[], draft: Draft): Segment | undefined {
  const [first, ...others] = group
  if (!first) return undefined
  for (const segment of group) segment.close()
  // Without its old index: one that is saved for another size would be refused, one of the same size would mislead.
  rmSync(first.file.replace(/\.log$/, '.index'), { force: true })
  if (draft.size === 0) {
    rmSync(draft.file)
    for (const segment of group) segment.remove()
    return undefined
  }
  renameSync(draft.file, first.file)
  syncFolder(directory)
  for (const segment of others) segment.remove()
  const merged = openSegment(directory, first.baseOffset, { trustIndex: false })
  merged.seal()
  return merged
}
