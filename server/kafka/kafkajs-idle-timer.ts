import { createRequire } from 'node:module'

interface RequestQueue {
  pending: unknown[]
  scheduleCheckPendingRequests(): void
}

let stopped = false

/**
 * kafkajs 2.2.4 (its last release) looks for waiting requests by a timer that starts itself again with a negative delay:
 * each idle connection fires every millisecond, costs some percent of a core, and Node 24 warns of it on stderr. With
 * nothing waiting there is nothing to look for; a request that has to wait starts the timer itself.
 */
export function stopIdleTimers(): void {
  if (stopped) return
  stopped = true
  const load = createRequire(import.meta.url)
  const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue }
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function scheduleWhenSomethingWaits(this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this)
  }
}
