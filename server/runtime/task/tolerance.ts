import type { Logger } from '#server/contract/logger.ts'

/** What happens to a record that cannot be converted (KIP-298). */
export interface Tolerance {
  /** Runs a step for one record; with tolerance `all` a failure is logged and answers undefined, else it is thrown. */
  attempt<Result>(stage: Stage, pluginClass: string, step: () => Result): Result | undefined
}

export type Stage = 'KEY_CONVERTER' | 'VALUE_CONVERTER' | 'HEADER_CONVERTER' | 'TRANSFORMATION'

export function createTolerance(options: {
  taskName: string
  config: Readonly<Record<string, string>>
  logger: Logger
}): Tolerance {
  const { taskName, config, logger } = options
  const tolerant = config['errors.tolerance']?.trim().toLowerCase() === 'all'
  const logs = config['errors.log.enable']?.trim().toLowerCase() === 'true'
  return {
    attempt(stage, pluginClass, step) {
      try {
        return step()
      } catch (cause) {
        const message = `Error encountered in task ${taskName}. Executing stage '${stage}' with class '${pluginClass}'.`
        if (logs) logger.error(message, { error: cause })
        // I14: what cannot be represented is an error; it is left out only when the connector's config says so.
        if (!tolerant) throw new Error('Tolerance exceeded in error handler', { cause })
        return undefined
      }
    },
  }
}
