import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AbortedTransaction,
  type AbortedTransactions,
  createAbortedTransactions,
  loadAbortedTransactions,
  saveAbortedTransactions,
} from '#server/broker/log/aborted-transactions.ts'
import type { LogSlice } from '#server/broker/log/batch-walk.ts'
import { compactSegments } from '#server/broker/log/compaction.ts'
import { decodeEndTxnMarker, type EndTxnMarker } from '#server/broker/log/end-txn-marker.ts'
import type { LogConfig } from '#server/broker/log/log-config.ts'
import {
  type ActiveProducer,
  createProducerState,
  type ProducerState,
  type SequencedBatch,
} from '#server/broker/log/producer-state.ts'
import { openSegment, type Segment, segmentName } from '#server/broker/log/segment.ts'
import type { TailCache } from '#server/broker/log/tail-cache.ts'
import { writeFileDurably } from '#server/broker/log/write-file-durably.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'
import { writeInt64 } from '#server/protocol/varint.ts'

/** One partition: segments on disk, the newest of which is written to. Everything is synchronous and in order (I4). */
export interface PartitionLog {
  readonly startOffset: number
  /** One behind the last record: the high watermark of a single node. */
  readonly endOffset: number
  /** Every transaction that wrote before it has ended: where a reader of committed records stops. */
  readonly lastStableOffset: number
  readonly sizeBytes: number
  /**
   * Gives a batch its offsets and writes it. A repetition of an idempotent producer is answered with its first offset.
   * A marker ends its producer's transaction. Throws KafkaError when the producer's epoch or sequence does not fit.
   */
  append(batch: BatchView): { baseOffset: number }
  /**
   * Whole batches from `offset` on, the first in any case; with `upTo` those that begin before it.
   * Throws OFFSET_OUT_OF_RANGE.
   */
  read(offset: number, maxBytes: number, upTo?: number): LogSlice
  /** The aborted transactions that wrote at `from` or later and before `to`. */
  abortedTransactions(from: number, to: number): AbortedTransaction[]
  /** The first record of that time or later. */
  offsetForTime(timestamp: number): { offset: number; timestamp: number } | undefined
  /** The first record that has the largest timestamp. */
  offsetOfMaxTimestamp(): { offset: number; timestamp: number } | undefined
  /** Moves the start; records before it are not served any more. Throws OFFSET_OUT_OF_RANGE. */
  deleteRecordsBefore(offset: number): void
  configure(config: LogConfig): void
  /**
   * Rolls by time, deletes by age and size, compacts: a step with every value that is taken. The log may be used between
   * the steps; who closes it stops first.
   */
  maintain(): Generator<void, void, void>
  /** Forces to the disk what `flush.ms` does not let wait any longer. */
  flushIfDue(): void
  producers(): ActiveProducer[]
  /** Calls back after every append until the returned function is called. */
  onAppend(listener: () => void): () => void
  /** Forces everything to the disk and writes down what makes the next start fast. */
  close(): void
  /** Lets go of the files of a topic that is being removed; who waits for records looks again. */
  abandon(): void
}

export interface PartitionLogOptions {
  directory: string
  config: LogConfig
  /** Whether the last process closed its logs: saved indexes are then taken as they are. */
  clean: boolean
  cache: TailCache
  clock: Clock
  logger: Logger
}

/** Forgotten after a day without a record (Kafka: producer.id.expiration.ms). */
const producerExpirationMs = 24 * 60 * 60 * 1000
const leaderEpoch = 0

/** Kept beside the segments: what they do not say themselves. */
interface Checkpoint {
  startOffset: number
  /** Offsets before it have been compacted; `at` tells when each part was, for `delete.retention.ms`. */
  compacted: { upTo: number; at: number }[]
}

export function openPartitionLog(options: PartitionLogOptions): PartitionLog {
  const { directory, clock, logger } = options
  mkdirSync(directory, { recursive: true })
  const checkpointFile = join(directory, 'checkpoint.json')
  const tail = options.cache.tail()
  const listeners = new Set<() => void>()
  let config = options.config
  const checkpoint = readCheckpoint(checkpointFile)
  const opened = openSegments()
  const { producers, aborted } = opened
  let segments = opened.segments
  // Not the first segment's: compaction may have emptied and removed that one, and readers before it just read on.
  let startOffset = checkpoint.startOffset
  let unflushed = 0
  let unflushedSince = Number.POSITIVE_INFINITY
  let activeSince = clock.now()

  const active = (): Segment => {
    const segment = segments.at(-1)
    if (!segment) throw new Error('a log has no segment')
    return segment
  }

  function openSegments() {
    const names = readdirSync(directory)
    for (const name of names) if (/\.(tmp|cleaned)$/.test(name)) rmSync(join(directory, name), { force: true })
    const bases = names
      .flatMap((name) => (/^\d{20}\.log$/.test(name) ? [Number(name.slice(0, 20))] : []))
      .sort(ascending)
    if (bases.length === 0) bases.push(checkpoint.startOffset)
    const last = bases.at(-1) ?? 0
    const replayed: ProducerEvent[] = []
    const opened = bases.map((base) =>
      openSegment(directory, base, {
        trustIndex: base !== last || options.clean,
        onRecovered(batch) {
          if (batch.producerId >= 0) replayed.push(eventOf(batch, batch.baseOffset))
        },
        onCut: (bytes) => logger.warn(`${directory}: cut ${bytes} bytes of an unfinished write behind the last batch`),
      }),
    )
    const files = withoutMerged(opened)
    const snapshot = newestSnapshot(names, files.at(-1)?.nextOffset ?? 0)
    const known = createProducerState(
      snapshot === undefined ? [] : JSON.parse(readFileSync(snapshotFile(snapshot), 'utf8')),
    )
    // What the files say of the part that is read again is read again.
    const replayFrom = snapshot ?? last
    const ended = files.flatMap(({ abortedFile }) => loadAbortedTransactions(abortedFile))
    const abortedSoFar = createAbortedTransactions(ended.filter(({ lastOffset }) => lastOffset < replayFrom))
    for (const batch of replayed) {
      if (batch.baseOffset < replayFrom) continue
      remember(known, abortedSoFar, batch, batch.maxTimestamp)
    }
    return { producers: known, aborted: abortedSoFar, segments: files }
  }

  function snapshotFile(offset: number): string {
    return join(directory, `${segmentName(offset)}.snapshot`)
  }

  function saveSnapshot() {
    const offset = active().nextOffset
    writeFileDurably(snapshotFile(offset), JSON.stringify(producers))
    for (const name of readdirSync(directory)) {
      if (name.endsWith('.snapshot') && Number(name.slice(0, 20)) < offset)
        rmSync(join(directory, name), { force: true })
    }
  }

  const saveCheckpoint = () => writeFileDurably(checkpointFile, JSON.stringify(checkpoint))

  /** Beside the first of neighbours, for all of them. */
  function saveAborted(group: readonly Segment[]) {
    const [first, last] = [group[0], group.at(-1)]
    if (!first || !last) return
    const ended = aborted.endingIn(first.baseOffset, last.nextOffset)
    if (ended.length > 0 || existsSync(first.abortedFile)) saveAbortedTransactions(first.abortedFile, ended)
  }

  function seal() {
    // Before the index, which says that nothing of the segment has to be read again.
    saveAborted([active()])
    active().seal()
    saveSnapshot()
    flushed()
  }

  function flushed() {
    unflushed = 0
    unflushedSince = Number.POSITIVE_INFINITY
  }

  function roll() {
    seal()
    segments.push(openSegment(directory, active().nextOffset, { trustIndex: false }))
    activeSince = clock.now()
  }

  /** Only what is sealed can be compacted. */
  const rollAfterMs = () => (config.compact ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs)

  function segmentAt(offset: number): number {
    let low = 0
    let high = segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((segments[middle]?.baseOffset ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  function moveStart(offset: number) {
    if (offset <= startOffset) return
    startOffset = offset
    checkpoint.startOffset = offset
    // Written before any file goes: a restart must not serve a part of what is being removed.
    saveCheckpoint()
    while (segments.length > 1 && (segments[1]?.baseOffset ?? 0) <= startOffset) segments.shift()?.remove()
    aborted.keepOnly(({ lastOffset }) => lastOffset >= startOffset)
  }

  function firstSince(segment: Segment, timestamp: number) {
    for (const { batch } of segment.batchesFromTime(timestamp)) {
      const index = batch.index()
      for (let record = 0; record < index.count; record++) {
        const time = index.timestamp[record] ?? -1
        if (time >= timestamp && index.offset(record) >= startOffset)
          return { offset: index.offset(record), timestamp: time }
      }
    }
    return undefined
  }

  function retain() {
    const now = clock.now()
    let excess = config.retentionBytes < 0 ? 0 : log.sizeBytes - config.retentionBytes
    let keepFrom = startOffset
    for (const [at, segment] of segments.entries()) {
      const next = segments[at + 1]
      const expired =
        config.retentionMs >= 0 && segment.maxTimestamp >= 0 && segment.maxTimestamp < now - config.retentionMs
      const surplus = excess > 0 && excess >= segment.size && next !== undefined
      const undecided = segment.nextOffset > log.lastStableOffset
      if (undecided || (!expired && !surplus)) break
      if (segment.size === 0) break
      // The newest segment leaves by age as well, as soon as another takes its place.
      if (!next) roll()
      excess -= segment.size
      keepFrom = segment.nextOffset > segment.baseOffset ? (next?.baseOffset ?? segment.nextOffset) : keepFrom
    }
    moveStart(keepFrom)
  }

  /** The sealed segments that may be compacted now: decided throughout, and old enough for `min.compaction.lag.ms`. */
  function cleanable(now: number): Segment[] {
    const sealed = segments.slice(0, -1)
    const youngest = now - config.minCompactionLagMs
    const stop = sealed.findIndex(
      ({ nextOffset, maxTimestamp }) =>
        nextOffset > log.lastStableOffset || (config.minCompactionLagMs > 0 && maxTimestamp > youngest),
    )
    return stop === -1 ? sealed : sealed.slice(0, stop)
  }

  function* compact(): Generator<void, void, void> {
    const now = clock.now()
    const clean = cleanable(now)
    const upTo = segments[clean.length]?.baseOffset ?? 0
    const firstDirty = checkpoint.compacted.at(-1)?.upTo ?? 0
    const dirty = clean.filter(({ baseOffset }) => baseOffset >= firstDirty)
    const sizeOf = (some: readonly Segment[]) => some.reduce((sum, { size }) => sum + size, 0)
    const overdue = dirty.some((segment) => firstTimestamp(segment) < now - config.maxCompactionLagMs)
    const worthIt = sizeOf(clean) > 0 && sizeOf(dirty) / sizeOf(clean) >= config.minCleanableDirtyRatio
    if (!worthIt && !overdue) return
    const horizon = now - config.deleteRetentionMs
    const oldEnough = checkpoint.compacted.findLast(({ at }) => at <= horizon)
    let whole = true
    yield* compactSegments(directory, clean, {
      startOffset,
      forgetBefore: oldEnough?.upTo ?? 0,
      segmentBytes: config.segmentBytes,
      isAborted: (batch) => batch.transactional && aborted.covers(batch.producerId, batch.baseOffset),
      isCurrent(group) {
        whole &&= group.every((segment) => segments.includes(segment))
        return whole
      },
      beforeReplacing(group, forgottenMarkers) {
        const gone = new Set(forgottenMarkers)
        // Ahead of the markers: an entry without its marker would hide what its producer committed later.
        aborted.keepOnly(({ lastOffset }) => !gone.has(lastOffset))
        saveAborted(group)
      },
      replaced(group, by) {
        const [first] = group
        segments = segments.flatMap((segment) =>
          segment === first ? (by ?? []) : group.includes(segment) ? [] : segment,
        )
      },
    })
    if (!whole) return
    checkpoint.compacted = [
      ...checkpoint.compacted.filter((part) => part === oldEnough || part.at > horizon),
      { upTo, at: now },
    ]
    saveCheckpoint()
  }

  const log: PartitionLog = {
    get startOffset() {
      return startOffset
    },
    get endOffset() {
      return active().nextOffset
    },
    get lastStableOffset() {
      return Math.max(startOffset, producers.firstUndecided() ?? active().nextOffset)
    },
    get sizeBytes() {
      return segments.reduce((sum, segment) => sum + segment.size, 0)
    },
    append(batch) {
      if (batch.control) {
        const marker = decodeEndTxnMarker(batch)
        if (marker) producers.checkMarker(marker)
      } else if (batch.producerId >= 0) {
        const earlier = producers.check(batch)
        if (earlier) return { baseOffset: earlier.duplicateOf }
      }
      const { size, nextOffset: baseOffset } = active()
      const tooOld = clock.now() - activeSince > rollAfterMs()
      if (size > 0 && (size + batch.bytes.length > config.segmentBytes || tooOld)) roll()
      // The CRC does not cover the first 21 bytes: offset and leader epoch are the broker's to set.
      writeInt64(batch.bytes, 0, baseOffset)
      batch.bytes.writeInt32BE(leaderEpoch, 12)
      const lastOffset = baseOffset + (batch.lastOffset - batch.baseOffset)
      const placed = { bytes: batch.bytes, baseOffset, lastOffset, maxTimestamp: batch.maxTimestamp }
      try {
        active().append(placed)
      } catch (cause) {
        throw new KafkaError('KAFKA_STORAGE_ERROR', `${directory} cannot be written`, { cause })
      }
      if (batch.producerId >= 0) remember(producers, aborted, eventOf(batch, baseOffset), clock.now())
      tail.push(placed)
      unflushed += batch.count
      if (unflushedSince === Number.POSITIVE_INFINITY) unflushedSince = clock.now()
      if (unflushed >= config.flushMessages) {
        active().flush()
        flushed()
      }
      for (const listener of listeners) listener()
      return { baseOffset }
    },
    read(offset, maxBytes, upTo = log.endOffset) {
      if (offset < startOffset || offset > log.endOffset) {
        throw new KafkaError('OFFSET_OUT_OF_RANGE', `${offset} is not in ${startOffset} to ${log.endOffset}`)
      }
      const nothing = { records: [], nextOffset: offset }
      if (offset >= upTo) return nothing
      const recent = tail.read(offset, maxBytes, upTo)
      if (recent) return recent
      for (let at = segmentAt(offset); at < segments.length; at++) {
        // Compaction may have emptied the rest of a segment: the next one holds the following record.
        const slice = segments[at]?.read(offset, maxBytes, upTo)
        if (slice) return slice
      }
      return nothing
    },
    abortedTransactions: (from, to) => aborted.overlapping(from, to),
    offsetForTime(timestamp) {
      for (const segment of segments) {
        if (segment.maxTimestamp < timestamp || segment.nextOffset <= startOffset) continue
        const found = firstSince(segment, timestamp)
        if (found) return found
      }
      return undefined
    },
    offsetOfMaxTimestamp() {
      const newest = segments.reduce((best, segment) => (segment.maxTimestamp > best.maxTimestamp ? segment : best))
      return newest.maxTimestamp < 0 ? undefined : firstSince(newest, newest.maxTimestamp)
    },
    deleteRecordsBefore(offset) {
      if (offset > log.endOffset) throw new KafkaError('OFFSET_OUT_OF_RANGE', `${offset} is behind ${log.endOffset}`)
      if (offset === log.endOffset && active().size > 0) roll()
      moveStart(offset)
    },
    configure(next) {
      config = next
    },
    *maintain() {
      const now = clock.now()
      if (active().size > 0 && now - activeSince > rollAfterMs()) roll()
      if (config.delete) retain()
      producers.expire(now - producerExpirationMs)
      if (config.compact) yield* compact()
    },
    flushIfDue() {
      if (clock.now() - unflushedSince < config.flushMs) return
      active().flush()
      flushed()
    },
    producers: () => producers.active(),
    onAppend(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      seal()
      for (const segment of segments) segment.close()
      tail.clear()
    },
    abandon() {
      for (const segment of segments) segment.close()
      tail.clear()
      for (const listener of listeners) listener()
    },
  }
  return log
}

const ascending = (a: number, b: number) => a - b

/** What a batch says about its producer: the part that is replayed after a crash. */
type ProducerEvent = SequencedBatch & { lastOffset: number; marker: EndTxnMarker | undefined; control: boolean }

const eventOf = (batch: BatchView, baseOffset: number): ProducerEvent => ({
  producerId: batch.producerId,
  epoch: batch.epoch,
  sequence: batch.sequence,
  transactional: batch.transactional,
  count: batch.count,
  baseOffset,
  lastOffset: baseOffset + (batch.lastOffset - batch.baseOffset),
  maxTimestamp: batch.maxTimestamp,
  control: batch.control,
  marker: batch.control ? decodeEndTxnMarker(batch) : undefined,
})

function remember(producers: ProducerState, aborted: AbortedTransactions, event: ProducerEvent, now: number) {
  if (!event.control) return producers.accept(event, now)
  const { marker, lastOffset } = event
  if (!marker) return
  const firstOffset = producers.end(marker, now)
  if (firstOffset === undefined || marker.committed) return
  const lastStableOffset = producers.firstUndecided() ?? lastOffset + 1
  aborted.add({ producerId: marker.producerId, firstOffset, lastOffset, lastStableOffset })
}

/** A crash of the cleaner may leave a segment that the one before it has taken in. */
function withoutMerged(segments: readonly Segment[]): Segment[] {
  let end = 0
  return segments.filter((segment, at) => {
    const merged = at > 0 && segment.baseOffset < end
    if (merged) segment.remove()
    else end = segment.nextOffset
    return !merged
  })
}

function firstTimestamp(segment: Segment): number {
  for (const { batch } of segment.batches(segment.baseOffset)) return batch.maxTimestamp
  return Number.POSITIVE_INFINITY
}

function readCheckpoint(file: string): Checkpoint {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { startOffset: 0, compacted: [] }
    throw error
  }
}

/** One that was written ahead of what a crash left is of no use. */
function newestSnapshot(names: readonly string[], atMost: number): number | undefined {
  const offsets = names.flatMap((name) => (name.endsWith('.snapshot') ? [Number(name.slice(0, 20))] : []))
  return offsets
    .filter((offset) => offset <= atMost)
    .sort(ascending)
    .at(-1)
}
