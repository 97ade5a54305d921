import type { LogLine } from '#server/contract/connector.ts'

/** A log line before a worker has numbered and kept it. */
export type LogRecord = Omit<LogLine, 'id' | 'worker'>

/** Where log lines go. A sink never throws. */
export type LogSink = (record: LogRecord) => void

/** One line to several places, in order. */
export function fanOut(...sinks: readonly LogSink[]): LogSink {
  return (record) => {
    for (const sink of sinks) sink(record)
  }
}

/** `[orders|task-0] ` or `[orders|worker] `, as Kafka Connect's `LoggingContext` marks what a line is about (KIP-449). */
export function contextOf(record: Pick<LogRecord, 'connector' | 'task'>): string {
  if (record.connector === undefined) return ''
  return `[${record.connector}|${record.task === undefined ? 'worker' : `task-${record.task}`}] `
}
