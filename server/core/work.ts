import { type TaskId, taskName } from '#server/contract/connector.ts'

/** Connectors and tasks that belong together: what a worker holds, what is new, what is taken away. */
export interface Work {
  connectors: readonly string[]
  tasks: readonly TaskId[]
}

export const noWork: Work = { connectors: [], tasks: [] }

export const isNoWork = ({ connectors, tasks }: Work): boolean => connectors.length === 0 && tasks.length === 0

/** `orders-sink-0` → connector `orders-sink`, task 0: the number stands after the last dash. Undefined when there is none. */
export function parseTaskName(name: string): TaskId | undefined {
  const dash = name.lastIndexOf('-')
  const number = name.slice(dash + 1)
  return dash > 0 && /^\d{1,10}$/.test(number) ? { connector: name.slice(0, dash), task: Number(number) } : undefined
}

/** `from` without everything in `taken`, in the order of `from`. */
export function withoutWork(from: Work, taken: Work): Work {
  const connectors = new Set(taken.connectors)
  const tasks = new Set(taken.tasks.map(taskName))
  return {
    connectors: from.connectors.filter((connector) => !connectors.has(connector)),
    tasks: from.tasks.filter((task) => !tasks.has(taskName(task))),
  }
}

/** Whether the work contains the connector, or the task of this name; asked of the same work again and again it costs nothing. */
export const hasConnector = (work: Work, connector: string): boolean => namesIn(work).connectors.has(connector)
export const hasTask = (work: Work, name: string): boolean => namesIn(work).tasks.has(name)

/** Work is never changed, so its names are gathered once. */
const gathered = new WeakMap<Work, { connectors: ReadonlySet<string>; tasks: ReadonlySet<string> }>()

function namesIn(work: Work) {
  const known = gathered.get(work)
  if (known) return known
  const names = { connectors: new Set(work.connectors), tasks: new Set(work.tasks.map(taskName)) }
  gathered.set(work, names)
  return names
}

/** Both, each thing once; what is in `first` comes first. */
export function joinWork(first: Work, second: Work): Work {
  const rest = withoutWork(second, first)
  return { connectors: [...first.connectors, ...rest.connectors], tasks: [...first.tasks, ...rest.tasks] }
}
