import type { Logger } from '#server/contract/logger.ts'

/** A logger for tests that look at something else. */
export const quietLogger: Logger = {
  log: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quietLogger,
}
