import { systemClock } from '#server/contract/clock.ts'
import type { SinkRecord, SinkSlice, TextColumn } from '#server/sdk/records.ts'
import { plain } from '#server/sdk/schema.ts'
import type { SinkTaskContext } from '#server/sdk/sink-task.ts'
import { quietLogger } from '#server/sdk/testing/quiet-logger.ts'
import type { SchemaAndValue } from '#server/sdk/value.ts'

/** The context of a sink task outside a worker; what it asks of the consumer is taken and forgotten. */
export const sinkContext = (options: Partial<SinkTaskContext> = {}): SinkTaskContext => ({
  connector: 'under-test',
  task: 0,
  clock: systemClock,
  logger: quietLogger,
  pause: () => undefined,
  resume: () => undefined,
  seek: () => undefined,
  timeout: () => undefined,
  requestCommit: () => undefined,
  ...options,
})

/** A record as a sink meets it, with a value of the schema STRING where nothing else is said. */
export function sinkRecord(
  offset: number,
  value: string | SchemaAndValue,
  rest: Partial<Omit<SinkRecord, 'value' | 'valueSchema' | 'offset'>> = {},
): SinkRecord {
  const held = typeof value === 'string' ? { schema: plain.string, value } : value
  return {
    topic: 'under-test',
    partition: 0,
    offset,
    keySchema: null,
    key: null,
    valueSchema: held.schema,
    value: held.value,
    timestamp: Date.UTC(2026, 0, 1),
    timestampType: 'CreateTime',
    headers: [],
    ...rest,
  }
}

/** Consecutive records of one topic partition as a slice that tells no texts. */
export function sliceOf(records: readonly SinkRecord[]): SinkSlice {
  const [first] = records
  if (!first) throw new RangeError('a slice has records')
  return {
    topic: first.topic,
    partition: first.partition,
    count: records.length,
    firstOffset: first.offset,
    nextOffset: (records.at(-1)?.offset ?? first.offset) + 1,
    record(i) {
      const record = records[i]
      if (!record) throw new RangeError(`no record ${i} of ${records.length}`)
      return record
    },
    texts: () => undefined,
  }
}

/** The same slice as the runtime hands it over when all values are texts. */
export function textSliceOf(records: readonly SinkRecord[]): SinkSlice {
  const texts = records.map(({ value }) => Buffer.from(`${value}\n`))
  let at = 0
  const starts: number[] = []
  const ends: number[] = []
  for (const text of texts) {
    starts.push(at)
    at += text.length
    ends.push(at - 1)
  }
  const column: TextColumn = {
    bytes: Buffer.concat(texts),
    count: texts.length,
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
  }
  return { ...sliceOf(records), texts: () => column }
}
