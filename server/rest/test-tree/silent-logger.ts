import type { Logger } from '#server/contract/logger.ts'

const nothing = () => {}

export const silentLogger: Logger = {
  log: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
}
