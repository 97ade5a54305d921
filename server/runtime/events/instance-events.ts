import { type InstanceState, type TaskId, taskName } from '#server/contract/connector.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/** Writes down every state that this worker reports; failures with what they say of their cause. */
export function createInstanceEvents(events: EventWriter) {
  return {
    heard(instance: Instance, state: InstanceState | 'GONE', trace: string | undefined): void {
      if (state === 'GONE') return
      if (state !== 'FAILED') {
        stateEvent(events, instance, state)
        return
      }
      events.write({
        ...idOf(instance),
        kind: 'failure',
        level: 'ERROR',
        message: `${nameOf(instance)} failed: ${firstLine(trace)}`,
        ...(trace !== undefined && { trace }),
        detail: { state },
      })
    },
  }
}

/** @param why what is added where the state alone does not say it */
export function stateEvent(events: EventWriter, instance: Instance, state: InstanceState, why = ''): void {
  const message = `${nameOf(instance)} is ${state}${why}`
  events.write({ ...idOf(instance), kind: 'state', level: 'INFO', message, detail: { state } })
}

export const nameOf = (instance: Instance): string =>
  'connector' in instance ? `Connector ${instance.connector}` : `Task ${taskName(instance.task)}`

export const idOf = (instance: Instance): { connector: string } | TaskId =>
  'connector' in instance ? { connector: instance.connector } : instance.task

const firstLine = (trace = 'no reason was given') => trace.split('\n', 1)[0] ?? ''
