import type { ConnectorStatus } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { inParallel } from '#server/contract/in-parallel.ts'

/** A connector in a list; `status` is null while the cluster has not heard of any. */
export interface ConnectorState {
  name: string
  status: ConnectorStatus | null
}

/** These connectors, or all, sorted by name. Throws CONNECTOR_NOT_FOUND for a name that does not exist. */
export async function connectorStates(herder: Herder, names: readonly string[] = []): Promise<ConnectorState[]> {
  if (names.length === 0) {
    const all = await herder.listExpanded()
    return all.map(({ name, status }) => ({ name, status })).sort((a, b) => (a.name < b.name ? -1 : 1))
  }
  const known = await herder.list()
  const missing = names.find((name) => !known.includes(name))
  if (missing !== undefined) throw new ConnectError('CONNECTOR_NOT_FOUND', `Connector ${missing} not found`)
  return inParallel([...new Set(names)].sort(), 8, async (name) => ({ name, status: await statusOf(herder, name) }))
}

async function statusOf(herder: Herder, name: string): Promise<ConnectorStatus | null> {
  try {
    return await herder.status(name)
  } catch (error) {
    if (error instanceof ConnectError && error.status === 404) return null
    throw error
  }
}

/** What is wrong comes first in this order; a person who paused something wanted it so. */
const worst = ['FAILED', 'UNASSIGNED', 'RESTARTING', 'STOPPED', 'PAUSED', 'RUNNING'] as const

/** One word for a connector and its tasks: the worst of them. */
export function stateWord({ status }: ConnectorState): string {
  if (!status) return 'UNKNOWN'
  const states = [status.connector, ...status.tasks].map(({ state }) => state)
  return worst.find((state) => states.includes(state)) ?? 'UNKNOWN'
}

/** Whether a person should look at it: it failed, or nobody runs it. */
export const isUnwell = (state: ConnectorState): boolean =>
  ['FAILED', 'UNASSIGNED', 'UNKNOWN'].includes(stateWord(state))

/** `2/3`: tasks that run, of all. */
export function tasksWord({ status }: ConnectorState): string {
  if (!status) return '-'
  return `${status.tasks.filter(({ state }) => state === 'RUNNING').length}/${status.tasks.length}`
}

/** The line of a Java or JavaScript trace that says why: the last cause, without its class. */
export function reasonOf(trace: string): string {
  const lines = trace.split('\n')
  const causes = lines.filter((line) => line.startsWith('Caused by: '))
  const line = causes.at(-1)?.slice('Caused by: '.length) ?? lines[0] ?? ''
  return line.replace(/^(?:[\w$]+\.)*[\w$]*(?:Error|Exception): /, '')
}
