import { askHindrances } from '#server/cli/ask-hindrances.ts'
import type { CliTools } from '#server/cli/cli-command.ts'
import type { ConnectorStatus, InstanceState, StalledInstance, TasklessConnector } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { inParallel } from '#server/contract/in-parallel.ts'
import { mayStall } from '#server/contract/may-stall.ts'

/** A connector in a list; `status` is null while the cluster has not heard of any. */
export interface ConnectorState {
  name: string
  status: ConnectorStatus | null
  /** What of it shows no progress, longest first; absent where the cluster cannot tell. */
  stalls?: StalledInstance[]
  /** Why it runs without tasks, null where it has some; absent where the cluster cannot tell. */
  taskless?: TasklessConnector | null
}

export interface ConnectorStates {
  states: ConnectorState[]
  /** Why something about them may be missing; a sentence for people. */
  gap?: string
}

/** These connectors, or all, sorted by name. Throws CONNECTOR_NOT_FOUND for a name that does not exist. */
export async function connectorStates(
  cluster: Pick<CliTools, 'herder' | 'workerAt' | 'clock'>,
  names: readonly string[] = [],
): Promise<ConnectorStates> {
  const [found, hindrances] = await Promise.all([
    statuses(cluster.herder, names),
    askHindrances(cluster, cluster.clock),
  ])
  const { known, gap } = hindrances
  const states = found.map(({ name, status }): ConnectorState => {
    if (!known) return { name, status }
    const stalls = known.stalls.filter((one) => one.connector === name && mayStall(stateOf(status, one)))
    const taskless = known.taskless.find(({ connector }) => connector === name)
    return { name, status, stalls, taskless: (mayLackTasks(status) && taskless) || null }
  })
  return { states, ...(gap !== undefined && { gap }) }
}

/** Throws CONNECTOR_NOT_FOUND for the first name that does not exist. */
export async function needConnectors(herder: Herder, names: readonly string[]): Promise<void> {
  const known = await herder.list()
  const missing = names.find((name) => !known.includes(name))
  if (missing !== undefined) throw new ConnectError('CONNECTOR_NOT_FOUND', `Connector ${missing} not found`)
}

async function statuses(herder: Herder, names: readonly string[]): Promise<ConnectorState[]> {
  if (names.length === 0) {
    const all = await herder.listExpanded()
    return all.map(({ name, status }) => ({ name, status })).sort((a, b) => (a.name < b.name ? -1 : 1))
  }
  await needConnectors(herder, names)
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

const stateOf = (status: ConnectorStatus | null, { task }: StalledInstance): InstanceState | undefined =>
  task === undefined ? status?.connector.state : status?.tasks.find(({ id }) => id === task)?.state

const mayLackTasks = (status: ConnectorStatus | null): boolean =>
  status?.connector.state === 'RUNNING' && status.tasks.length === 0

/** Kafka Connect's words, and three that no status of its says. */
export type StateWord = InstanceState | 'STALLED' | 'NO TASKS' | 'UNKNOWN'

/** What is wrong comes first in this order; a person who paused something wanted it so. */
const worst = ['FAILED', 'UNASSIGNED', 'RESTARTING', 'STOPPED', 'PAUSED', 'RUNNING'] as const

/** One word for a connector and its tasks: the worst of them. */
export function stateWord({ status, stalls = [], taskless }: ConnectorState): StateWord {
  const states = status ? [status.connector, ...status.tasks].map(({ state }) => state) : []
  if (states.includes('FAILED')) return 'FAILED'
  if (stalls.length > 0) return 'STALLED'
  if (taskless) return 'NO TASKS'
  return worst.find((state) => states.includes(state)) ?? 'UNKNOWN'
}

/**
 * Whether a person should look at it: it failed, hangs, nobody runs it, or its tasks cannot be made. One that made no tasks
 * may be meant to have none.
 */
export function isUnwell(state: ConnectorState): boolean {
  const word = stateWord(state)
  return word === 'NO TASKS' ? state.taskless?.why === 'failing' : unwell.includes(word)
}

const unwell: readonly StateWord[] = ['FAILED', 'STALLED', 'UNASSIGNED', 'UNKNOWN']

/** `2/3`: tasks that run and make progress, of all that are known: one that hangs in its start has no status yet. */
export function tasksWord({ status, stalls = [] }: ConnectorState): string {
  if (!status) return '-'
  const hanging = new Set(stalls.flatMap(({ task }) => task ?? []))
  const running = status.tasks.filter(({ id, state }) => state === 'RUNNING' && !hanging.has(id))
  const all = new Set([...status.tasks.map(({ id }) => id), ...hanging])
  return `${running.length}/${all.size}`
}
