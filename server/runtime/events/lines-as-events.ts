import type { LogMemory } from '#server/observe/log-memory.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'

/** Brings log lines about connectors and tasks to the event log; returns what ends that. Other lines stay where they are. */
export function linesAsEvents(memory: Pick<LogMemory, 'follow'>, events: EventWriter): () => void {
  return memory.follow(({ id: _, worker: __, ...line }) => {
    if (line.connector !== undefined) events.write({ kind: 'log', ...line })
  })
}
