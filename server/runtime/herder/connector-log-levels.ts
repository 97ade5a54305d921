import type { Clock } from '#server/contract/clock.ts'
import type { ConfigState } from '#server/core/config-fold.ts'
import { parseThreshold, type Threshold } from '#server/observe/log-levels.ts'

/** Keeps to the log levels that were set for connectors for a while, and lets go of each when its time is over. */
export interface ConnectorLogLevels {
  /** Something else was said of a connector. */
  changed(connector: string): void
}

/** @param apply sets the level on this worker and its threads; null: nothing of its own any more */
export function createConnectorLogLevels(options: {
  configs: { readonly state: ConfigState }
  apply(connector: string, level: Threshold | null): void
  clock: Pick<Clock, 'now' | 'sleep'>
  signal: AbortSignal
}): ConnectorLogLevels {
  const { configs, apply, clock, signal } = options
  const waiting = new Map<string, AbortController>()

  function changed(connector: string): void {
    waiting.get(connector)?.abort()
    waiting.delete(connector)
    const set = configs.state.logLevels.get(connector)
    const leftMs = (set?.until ?? 0) - clock.now()
    const level = (set && leftMs > 0 && parseThreshold(set.level)) || null
    apply(connector, level)
    if (level) void letGoAfter(leftMs, connector)
  }

  async function letGoAfter(ms: number, connector: string): Promise<void> {
    const own = new AbortController()
    waiting.set(connector, own)
    await clock.sleep(ms, AbortSignal.any([own.signal, signal]))
    if (own.signal.aborted || signal.aborted) return
    waiting.delete(connector)
    apply(connector, null)
  }

  // What was set before this worker came.
  for (const [connector, { until }] of configs.state.logLevels) if (until > clock.now()) changed(connector)
  return { changed }
}
