import { formatLine, type LogFormat } from '#server/observe/format-line.ts'
import type { LogSink } from '#server/observe/log-record.ts'

/** Writes each record as a line to a stream: `process.stderr` in production. */
export function createStreamSink(stream: { write(text: string): unknown }, format: LogFormat): LogSink {
  return (record) => {
    stream.write(`${formatLine(record, format)}\n`)
  }
}
