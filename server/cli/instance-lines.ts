import type { ConnectorState, StateWord } from '#server/cli/connector-states.ts'
import { onOneLine } from '#server/cli/printable.ts'
import type { InstanceStatus, StalledInstance, TasklessConnector } from '#server/contract/connector.ts'
import { duration } from '#server/contract/duration.ts'

/** One line about a connector's own instance, one of its tasks, or its want of any. */
export interface InstanceLine {
  /** `connector`, `task 0`, or `tasks` where there are none. */
  what: string
  state: StateWord
  workerId: string
  /** Why it is so; empty where nothing needs to be explained. */
  reason: string
}

/** The connector and its tasks in this order, those without a status that hang among them. `now` is ms since the epoch. */
export function instanceLines({ status, stalls = [], taskless }: ConnectorState, now: number): InstanceLine[] {
  const lineOf = (what: string, found: InstanceStatus | undefined, task?: number): InstanceLine => {
    const stall = stalls.find((one) => one.task === task)
    if (stall) return { what, state: 'STALLED', workerId: stall.worker, reason: stallReason(stall, now) }
    const { state = 'UNKNOWN', workerId = '', trace } = found ?? {}
    return { what, state, workerId, reason: trace === undefined ? '' : onOneLine(reasonOf(trace)) }
  }
  const known = new Map((status?.tasks ?? []).map((task) => [task.id, task]))
  const tasks = [...new Set([...known.keys(), ...stalls.flatMap(({ task }) => task ?? [])])].sort((a, b) => a - b)
  const lines = [lineOf('connector', status?.connector), ...tasks.map((id) => lineOf(`task ${id}`, known.get(id), id))]
  // One that fails to make tasks for long is stalled in that, with the same reason.
  if (!taskless || stalls.some(({ task, reason }) => task === undefined && reason === taskless.reason)) return lines
  const none = {
    what: 'tasks',
    state: 'NO TASKS',
    workerId: taskless.worker,
    reason: tasklessReason(taskless, now),
  } as const
  return [...lines, none]
}

const stallReason = ({ stage, since, reason }: StalledInstance, now: number) =>
  `in ${stage} for ${forHowLong(since, now)}: ${onOneLine(reason)}`

const tasklessReason = ({ why, reason, since }: TasklessConnector, now: number) =>
  `none for ${forHowLong(since, now)}: ${why === 'failing' ? 'they cannot be made, ' : ''}${onOneLine(reason)}`

/** The exact time as logs have it, to find what happened then. */
const forHowLong = (since: number, now: number) =>
  `${duration(now - since)} (since ${new Date(since).toISOString().replace(/\.\d+Z$/, 'Z')})`

/** The line of a Java or JavaScript trace that says why: the last cause, without its class unless that says more than the rest. */
export function reasonOf(trace: string): string {
  const lines = trace.split('\n')
  const causes = lines.filter((line) => line.startsWith('Caused by: '))
  const line = causes.at(-1)?.slice('Caused by: '.length) ?? lines[0] ?? ''
  const [, name, message] = /^(?:[\w$]+\.)*([\w$]*(?:Error|Exception)): (.*)$/.exec(line) ?? []
  if (name === undefined || message === undefined) return line
  return message.includes(' ') ? message : `${name}: ${message}`
}
