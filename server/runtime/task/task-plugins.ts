import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { During } from '#server/runtime/task/task-runner.ts'
import type { Closeable } from '#server/sdk/closeable.ts'

/** Takes charge of closing a plugin that was just made. `what` says for the log which it is. */
export type OwnPlugin = <Plugin extends Closeable>(what: string, plugin: Plugin) => Plugin

/** The transforms, predicates and converters that were made for one task. */
export interface TaskPlugins {
  own: OwnPlugin
  /**
   * Closes them all, the last one made first, each once. Never rejects: what fails is told, and changes nothing about why the
   * task ends (Kafka: `Utils.closeQuietly`).
   */
  close(): Promise<void>
}

export function createTaskPlugins(during: During, logger: Logger): TaskPlugins {
  const made: { what: string; plugin: Closeable }[] = []

  async function closeQuietly({ what, plugin }: { what: string; plugin: Closeable }) {
    try {
      await during(`closing ${what} of`, () => plugin.close?.())
    } catch (error) {
      logger.warn(`Could not close ${what}: ${messageOf(error)}`, { error })
    }
  }

  return {
    own(what, plugin) {
      if (plugin.close) made.push({ what, plugin })
      return plugin
    },
    async close() {
      for (let last = made.pop(); last; last = made.pop()) await closeQuietly(last)
    },
  }
}
