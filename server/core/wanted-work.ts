import { taskName } from '#server/contract/connector.ts'
import { type ConfigState, targetOf } from '#server/core/config-fold.ts'
import type { WantedInstance } from '#server/core/instance-action.ts'
import { hasConnector, hasTask, parseTaskName, type Work } from '#server/core/work.ts'

/** How the connector is to run on a worker holding `held`; undefined when it is not, as one that was deleted, held or not. */
export function wantedConnector(state: ConfigState, held: Work, connector: string): WantedInstance | undefined {
  const known = state.connectors.get(connector)
  if (!known || !hasConnector(held, connector)) return undefined
  return { version: known.version, target: targetOf(state, connector) }
}

/** The same for a task, by name. Nothing of a stopped connector runs, nor of one whose task configs are incomplete. */
export function wantedTask(state: ConfigState, held: Work, name: string): WantedInstance | undefined {
  const id = parseTaskName(name)
  if (!id || !hasTask(held, name)) return undefined
  const known = state.connectors.get(id.connector)
  if (!known?.tasks?.[id.task]) return undefined
  const target = targetOf(state, id.connector)
  return target === 'STOPPED' ? undefined : { version: known.tasksVersion, target }
}

/** All connectors that a worker holding `held` should run, by name. */
export const wantedConnectors = (state: ConfigState, held: Work): Map<string, WantedInstance> =>
  allOf(held.connectors, (connector) => wantedConnector(state, held, connector))

/** All tasks, by name. */
export const wantedTasks = (state: ConfigState, held: Work): Map<string, WantedInstance> =>
  allOf(held.tasks.map(taskName), (name) => wantedTask(state, held, name))

function allOf(names: readonly string[], wantedOf: (name: string) => WantedInstance | undefined) {
  const all = new Map<string, WantedInstance>()
  for (const name of names) {
    const wanted = wantedOf(name)
    if (wanted) all.set(name, wanted)
  }
  return all
}
