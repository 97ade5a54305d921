import type { Clock } from '#server/contract/clock.ts'
import { type InstanceState, type TaskId, taskName } from '#server/contract/connector.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/** Writes down that records were left out because a sink cannot put them. */
export interface LeftOutEvents {
  leftOut(task: TaskId, count: number, reason: string, places: readonly string[]): void
  heard(instance: Instance, state: InstanceState | 'GONE'): void
}

/** The first is told at once, and what follows together: the timeline is for people. */
const tellEveryMs = 60_000

export function createLeftOutEvents(options: { events: EventWriter; clock: Pick<Clock, 'monotonic'> }): LeftOutEvents {
  const { events, clock } = options
  /** By task: what was told last, and how many have been left out since. */
  const all = new Map<string, { toldAt: number; untold: number }>()

  return {
    leftOut(task, count, reason, places) {
      const name = taskName(task)
      const known = all.get(name)
      const untold = (known?.untold ?? 0) + count
      if (known && clock.monotonic() - known.toldAt < tellEveryMs) {
        known.untold = untold
        return
      }
      all.set(name, { toldAt: clock.monotonic(), untold: 0 })
      const records = untold === 1 ? 'a record' : `${untold} records`
      const where = `${places.join(', ')}${untold > places.length ? ', …' : ''}`
      const message = `Task ${name} left out ${records} that it cannot put (${where}): ${reason}`
      events.write({ ...task, kind: 'left-out', level: 'WARN', message, detail: { count: untold, places, reason } })
    },
    heard(instance, state) {
      if ('task' in instance && state !== 'RUNNING' && state !== 'PAUSED') all.delete(taskName(instance.task))
    },
  }
}
