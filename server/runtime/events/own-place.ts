import type { OwnEventsPlace } from '#server/runtime/events/own-events.ts'
import type { LoneWorkerOptions } from '#server/runtime/worker-options.ts'

/** Where a worker keeps its own events, as its settings say; nothing where it may not take a folder. */
export function ownPlace({ config, takeFolder }: LoneWorkerOptions): { place?: OwnEventsPlace } {
  return takeFolder ? { place: { dataDir: config.dataDir, limits: config.eventLimits, take: takeFolder } } : {}
}
