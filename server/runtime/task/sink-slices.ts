import type { FetchedPartition } from '#server/kafka/fetcher.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import type { SinkRecord, SinkSlice } from '#server/sdk/records.ts'

/**
 * Fetched batches as slices for `put`. Where every value is plain text the records are made only if the sink asks for
 * them; otherwise each is converted here, under the connector's tolerance.
 */
export function toSlices(fetched: FetchedPartition, converters: TaskConverters, tolerance: Tolerance): SinkSlice[] {
  return fetched.batches.flatMap((batch) => {
    const index = batch.index()
    let from = 0
    while (from < index.count && index.offset(from) < fetched.startOffset) from += 1
    if (from === index.count) return []
    return [toSlice(fetched, batch, from, converters, tolerance)]
  })
}

function toSlice(
  { topic, partition }: FetchedPartition,
  batch: BatchView,
  from: number,
  converters: TaskConverters,
  tolerance: Tolerance,
): SinkSlice {
  const index = batch.index()
  const timestampType = batch.logAppendTime ? 'LogAppendTime' : 'CreateTime'
  const place = { topic, partition, nextOffset: batch.lastOffset + 1 }

  function record(at: number): SinkRecord | undefined {
    const key = tolerance.attempt('KEY_CONVERTER', converters.classes.key, () =>
      converters.key.toConnectData(topic, index.key(at)),
    )
    if (!key) return undefined
    const value = tolerance.attempt('VALUE_CONVERTER', converters.classes.value, () =>
      converters.value.toConnectData(topic, index.value(at)),
    )
    if (!value) return undefined
    const headers = tolerance.attempt('HEADER_CONVERTER', converters.classes.header, () =>
      index
        .headers(at)
        .map(({ name, value: bytes }) => ({ name, ...converters.header.toConnectHeader(topic, name, bytes) })),
    )
    if (!headers) return undefined
    const timestamp = index.timestamp[at] ?? -1
    return {
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
  }

  const plainKeys = allNull(index.keyLength, from)
  const texts = plainKeys
    ? converters.value.readTexts?.({
        bytes: index.bytes,
        from,
        to: index.count,
        valueAt: index.valueAt,
        valueLength: index.valueLength,
      })
    : undefined
  if (texts) {
    const must = (at: number): SinkRecord => {
      const made = record(at)
      if (!made) throw new Error(`Record ${topic}-${partition}@${index.offset(at)} cannot be converted`)
      return made
    }
    return {
      ...place,
      count: index.count - from,
      firstOffset: index.offset(from),
      record: (i) => must(from + i),
      texts: () => texts,
    }
  }
  const records: SinkRecord[] = []
  for (let at = from; at < index.count; at++) {
    const made = record(at)
    if (made) records.push(made)
  }
  const at = (i: number): SinkRecord => {
    const found = records[i]
    if (!found) throw new RangeError(`no record ${i} of ${records.length}`)
    return found
  }
  return { ...place, count: records.length, firstOffset: index.offset(from), record: at, texts: () => undefined }
}

function allNull(lengths: Int32Array, from: number): boolean {
  for (let at = from; at < lengths.length; at++) if ((lengths[at] ?? -1) >= 0) return false
  return true
}
