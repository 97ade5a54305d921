import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'
import type { RecordIndex } from '#server/protocol/record-index.ts'
import type { ErrantRecords } from '#server/runtime/task/errant-records.ts'
import { FetchedRecord } from '#server/runtime/task/fetched-record.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { TaskTransforms } from '#server/runtime/task/task-transforms.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import { type ConversionPending, isPending } from '#server/sdk/conversion-pending.ts'
import type { SinkRecord, SinkSlice } from '#server/sdk/records.ts'

/** How the records of one task are made. */
export interface Slicing {
  converters: TaskConverters
  transforms?: TaskTransforms | undefined
  tolerance: Tolerance
  /** Absent: no record is ever reported. */
  errant?: Pick<ErrantRecords, 'remember'> | undefined
  /** The task uses `slice.texts()`. */
  takesTexts: boolean
}

/**
 * Fetched batches as slices for `put`. Where the task takes texts and every value is one, the records are made only if it
 * asks for them; otherwise each is converted here, under the connector's tolerance. Yields what has to be settled before it
 * can go on, and then goes on where it stopped: no record is looked at again.
 */
export function* toSlices(fetched: FetchedPartition, slicing: Slicing): Generator<ConversionPending, SinkSlice[]> {
  const slices: SinkSlice[] = []
  for (const batch of fetched.batches) {
    const index = batch.index()
    let from = 0
    while (from < index.count && index.offset(from) < fetched.startOffset) from += 1
    let to = index.count
    while (to > from && index.offset(to - 1) >= fetched.nextOffset) to -= 1
    if (from < to) slices.push(yield* toSlice(fetched, batch, from, to, slicing))
  }
  return slices
}

function* toSlice(
  { topic, partition, nextOffset }: FetchedPartition,
  batch: BatchView,
  from: number,
  to: number,
  { converters, transforms, tolerance, errant, takesTexts }: Slicing,
): Generator<ConversionPending, SinkSlice> {
  const index = batch.index()
  const timestampType = batch.logAppendTime ? 'LogAppendTime' : 'CreateTime'
  const place = { topic, partition, nextOffset: Math.min(batch.lastOffset + 1, nextOffset) }

  const fetched = { topic, partition, timestampType, index } as const

  /** undefined: left out by tolerance, or dropped by a transform. */
  function record(at: number, fetchedRecord: FetchedRecord): SinkRecord | undefined {
    const made = converted(at, fetchedRecord)
    if (made) errant?.remember(made, fetchedRecord)
    return made
  }

  function converted(at: number, fetchedRecord: FetchedRecord): SinkRecord | undefined {
    const timestamp = index.timestamp[at] ?? -1
    const key = tolerance.attempt(
      'KEY_CONVERTER',
      converters.classes.key,
      () => converters.key.toConnectData(topic, index.key(at)),
      fetchedRecord,
    )
    if (!key) return undefined
    const value = tolerance.attempt(
      'VALUE_CONVERTER',
      converters.classes.value,
      () => converters.value.toConnectData(topic, index.value(at)),
      fetchedRecord,
    )
    if (!value) return undefined
    const headers = tolerance.attempt(
      'HEADER_CONVERTER',
      converters.classes.header,
      () =>
        index
          .headers(at)
          .map(({ name, value: bytes }) => ({ name, ...converters.header.toConnectHeader(topic, name, bytes) })),
      fetchedRecord,
    )
    if (!headers) return undefined
    const read: SinkRecord = {
      topic,
      partition,
      offset: index.offset(at),
      keySchema: key.schema,
      key: key.value,
      valueSchema: value.schema,
      value: value.value,
      timestamp: timestamp < 0 ? null : timestamp,
      timestampType: timestamp < 0 ? 'NoTimestampType' : timestampType,
      headers,
    }
    if (!transforms) return read
    return atItsOrigin(read, transforms.apply(read, tolerance, fetchedRecord))
  }

  // I14: a key or header that its converter might refuse is looked at, even when the sink cares for values alone.
  const valuesAlone =
    takesTexts &&
    !transforms &&
    (converters.key.total || allNull(index.keyLength, from, to)) &&
    (converters.header.total || noHeaders(index, from, to))
  const texts = valuesAlone
    ? converters.value.readTexts?.({
        bytes: index.bytes,
        from,
        to,
        valueAt: index.valueAt,
        valueLength: index.valueLength,
      })
    : undefined
  if (texts) {
    const must = (at: number): SinkRecord => {
      const made = record(at, new FetchedRecord(fetched, at))
      if (!made) throw new Error(`Record ${topic}-${partition}@${index.offset(at)} cannot be converted`)
      return made
    }
    return {
      ...place,
      count: to - from,
      firstOffset: index.offset(from),
      record: (i) => must(from + i),
      texts: () => texts,
    }
  }
  const records: SinkRecord[] = []
  for (let at = from; at < to; at++) {
    const fetchedRecord = new FetchedRecord(fetched, at)
    for (let settled = false; !settled; ) {
      try {
        const made = record(at, fetchedRecord)
        if (made) records.push(made)
        settled = true
      } catch (error) {
        if (!isPending(error)) throw error
        yield error
      }
    }
  }
  const at = (i: number): SinkRecord => {
    const found = records[i]
    if (!found) throw new RangeError(`no record ${i} of ${records.length}`)
    return found
  }
  return { ...place, count: records.length, firstOffset: index.offset(from), record: at, texts: () => undefined }
}

/** A record that a transform sent elsewhere says where it was read (KIP-793). */
function atItsOrigin(read: SinkRecord, made: SinkRecord | null | undefined): SinkRecord | undefined {
  if (!made || (made.topic === read.topic && made.partition === read.partition)) return made ?? undefined
  return { ...made, origin: { topic: read.topic, partition: read.partition, offset: read.offset } }
}

function allNull(lengths: Int32Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((lengths[at] ?? -1) >= 0) return false
  return true
}

/** Whether every header count is zero, which is one byte. */
function noHeaders({ bytes, headersAt }: RecordIndex, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[headersAt[at] ?? 0] !== 0) return false
  return true
}
