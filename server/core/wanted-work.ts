import { taskName } from '#server/contract/connector.ts'
import { type ConfigState, targetOf } from '#server/core/config-fold.ts'
import type { WantedInstance } from '#server/core/instance-action.ts'
import type { Work } from '#server/core/work.ts'

/** The connectors that a worker holding `held` should run, by name; what was deleted is wanted no more, held or not. */
export function wantedConnectors(state: ConfigState, held: Work): Map<string, WantedInstance> {
  const wanted = new Map<string, WantedInstance>()
  for (const connector of held.connectors) {
    const known = state.connectors.get(connector)
    if (known) wanted.set(connector, { version: known.version, target: targetOf(state, connector) })
  }
  return wanted
}

/** The same for tasks, by task name. Nothing of a stopped connector runs, nor of one whose task configs are incomplete. */
export function wantedTasks(state: ConfigState, held: Work): Map<string, WantedInstance> {
  const wanted = new Map<string, WantedInstance>()
  for (const id of held.tasks) {
    const known = state.connectors.get(id.connector)
    const target = targetOf(state, id.connector)
    if (!known?.tasks?.[id.task] || target === 'STOPPED') continue
    wanted.set(taskName(id), { version: known.tasksVersion, target })
  }
  return wanted
}
