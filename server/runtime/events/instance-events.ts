import { type InstanceState, type TaskId, taskName } from '#server/contract/connector.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/** Writes down every state that this worker reports; failures, and restarts that nobody asked for, with what they say of their cause. */
export function createInstanceEvents(events: EventWriter) {
  return {
    heard(instance: Instance, state: InstanceState | 'GONE', trace: string | undefined): void {
      if (state === 'GONE') return
      const common = { ...idOf(instance), ...(trace !== undefined && { trace }), detail: { state } }
      if (state === 'FAILED') {
        const message = `${nameOf(instance)} failed: ${firstLine(trace)}`
        events.write({ ...common, kind: 'failure', level: 'ERROR', message })
      } else if (state === 'RESTARTING' && trace !== undefined) {
        const message = `${nameOf(instance)} is RESTARTING: ${causeOf(trace)}`
        events.write({ ...common, kind: 'state', level: 'WARN', message })
      } else stateEvent(events, instance, state)
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

/** What a trace says first, without the name of its error: for a sentence that goes on with it. */
export const causeOf = (trace: string): string => firstLine(trace).replace(/^Error: /, '')

const firstLine = (trace = 'no reason was given') => trace.split('\n', 1)[0] ?? ''
