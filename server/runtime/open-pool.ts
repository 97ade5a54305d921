import type { Lifecycle } from '#server/contract/lifecycle.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'

/**
 * Opens threads that are owned before they are there: whatever ends the start while they load their plugins ends them, too.
 * `open` heeds its signal, which aborts with `stopping` or with that end.
 */
export function openPool(
  lifecycle: Lifecycle,
  stopping: AbortSignal,
  open: (signal: AbortSignal) => Promise<PluginHost>,
): Promise<PluginHost> {
  const givenUp = new AbortController()
  const opening = open(AbortSignal.any([stopping, givenUp.signal]))
  lifecycle.defer(async () => {
    givenUp.abort()
    const host = await opening.catch(() => undefined) // whoever waits for it is told
    await host?.[Symbol.asyncDispose]()
  })
  return opening
}
