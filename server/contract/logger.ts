import type { LogLevel } from '#server/contract/connector.ts'

/** What a log line is about. Everything else goes into the message. */
export interface LogFields {
  connector?: string
  task?: number
  /** An error code of the table, or Kafka's own name of an error. */
  code?: string
  error?: unknown
}

/** One logger has a name, as Kafka Connect's loggers do, and a level that can be changed while it runs. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger below this one: `sluice.runtime` → `sluice.runtime.herder`; fields are added to every line. */
  child(name: string, fields?: LogFields): Logger
}
