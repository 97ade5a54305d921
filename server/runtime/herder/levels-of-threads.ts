import type { LogLevels } from '#server/observe/log-levels.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'

/** Log levels that reach the pool threads, too: each of them has a table of its own. */
export const levelsOfThreads = (
  levels: LogLevels,
  host: Pick<PluginHost, 'setLogLevel' | 'setConnectorLogLevel'>,
): LogLevels => ({
  ...levels,
  set(name, level) {
    host.setLogLevel(name, level)
    return levels.set(name, level)
  },
  setFor(connector, level) {
    host.setConnectorLogLevel(connector, level)
    levels.setFor(connector, level)
  },
})
