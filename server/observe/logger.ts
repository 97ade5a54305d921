import type { Clock } from '#server/contract/clock.ts'
import type { LogLevel } from '#server/contract/connector.ts'
import { traceOf } from '#server/contract/errors.ts'
import type { LogFields, Logger } from '#server/contract/logger.ts'
import type { LogLevels } from '#server/observe/log-levels.ts'
import type { LogSink } from '#server/observe/log-record.ts'

export interface LoggerOptions {
  name: string
  sink: LogSink
  levels: LogLevels
  clock: Pick<Clock, 'now'>
  /** Added to every line. */
  fields?: LogFields
}

/** A logger that writes to `sink` what its level lets through; building a line costs nothing when the level is off. */
export function createLogger(options: LoggerOptions): Logger {
  const { name, sink, levels, clock } = options
  const bound = options.fields
  levels.register(name)

  function log(level: LogLevel, message: string, fields?: LogFields): void {
    if (!levels.enabled(name, level, fields?.connector ?? bound?.connector)) return
    const { connector, task, code, error } = { ...bound, ...fields }
    const errorCode = code ?? codeOf(error)
    sink({
      at: clock.now(),
      level,
      logger: name,
      message,
      ...(connector !== undefined && { connector }),
      ...(task !== undefined && { task }),
      ...(errorCode !== undefined && { code: errorCode }),
      ...(error !== undefined && { trace: traceOf(error) }),
    })
  }

  return {
    log,
    debug: (message, fields) => log('DEBUG', message, fields),
    info: (message, fields) => log('INFO', message, fields),
    warn: (message, fields) => log('WARN', message, fields),
    error: (message, fields) => log('ERROR', message, fields),
    child: (below, fields) =>
      createLogger({ ...options, name: below === '' ? name : `${name}.${below}`, fields: { ...bound, ...fields } }),
  }
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
