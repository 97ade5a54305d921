import type { RecordAtHand } from '#server/runtime/task/record-at-hand.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import type { SinkRecord } from '#server/sdk/records.ts'
import type { SinkTaskContext } from '#server/sdk/sink-task.ts'

/** The records that a sink may report to be beyond it (KIP-610; Kafka: `WorkerErrantRecordReporter`). */
export interface ErrantRecords {
  /** Remembers where a record came from for as long as somebody holds it. */
  remember(record: SinkRecord, source: RecordAtHand): void
  report: NonNullable<SinkTaskContext['reportErrant']>
}

export function createErrantRecords(tolerance: Tolerance, converters: TaskConverters): ErrantRecords {
  const sources = new WeakMap<SinkRecord, RecordAtHand>()
  return {
    remember: (record, source) => void sources.set(record, source),
    report: (record, error) => tolerance.errant(error, sources.get(record) ?? written(record, converters)),
  }
}

/** A record that the task made itself is converted back: nobody else knows its bytes. */
function written(record: SinkRecord, { key, value, header }: TaskConverters): RecordAtHand {
  const { topic, partition, offset, timestamp, timestampType } = { ...record, ...record.origin }
  return {
    describe: () => describeConsumed(topic, partition, offset, timestamp ?? -1, timestampType),
    consumed: () => ({
      topic,
      partition,
      offset,
      key: key.fromConnectData(topic, record.keySchema, record.key),
      value: value.fromConnectData(topic, record.valueSchema, record.value),
      headers: record.headers.map(({ name, schema, value: content }) => ({
        name,
        value: header.fromConnectHeader(topic, name, schema, content),
      })),
      timestamp: timestamp ?? -1,
    }),
  }
}

/** A sink's record in Kafka Connect's words (`LogReporter.Sink`). */
export const describeConsumed = (
  topic: string,
  partition: number,
  offset: number,
  timestamp: number,
  timestampType: string,
) =>
  `consumed record is {topic='${topic}', partition=${partition}, offset=${offset}, ` +
  `timestamp=${timestamp}, timestampType=${timestampType}}`
