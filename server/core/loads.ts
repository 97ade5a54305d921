import { taskName } from '#server/contract/connector.ts'
import { parseTaskName, type Work } from '#server/core/work.ts'

/** Connectors and tasks by name: the same steps apply to both. */
export interface Names {
  connectors: Set<string>
  tasks: Set<string>
}

/** What one member of the group holds while its share is worked out. */
export interface Load {
  member: string
  connectors: string[]
  tasks: string[]
}

export const kinds = ['connectors', 'tasks'] as const
export const noNames = (): Names => ({ connectors: new Set(), tasks: new Set() })
export const isEmpty = ({ connectors, tasks }: Names) => connectors.size === 0 && tasks.size === 0
export const isIdle = ({ connectors, tasks }: Load) => connectors.length === 0 && tasks.length === 0
/** `base` without everything in the others. */
export const minus = (base: Names, ...others: Names[]): Names => ({
  connectors: new Set([...base.connectors].filter((name) => !others.some((other) => other.connectors.has(name)))),
  tasks: new Set([...base.tasks].filter((name) => !others.some((other) => other.tasks.has(name)))),
})

export const intersect = (names: Names, kept: Names): Names => ({
  connectors: new Set([...names.connectors].filter((name) => kept.connectors.has(name))),
  tasks: new Set([...names.tasks].filter((name) => kept.tasks.has(name))),
})

export const loadOf = (member: string, { connectors, tasks }: Work): Load => ({
  member,
  connectors: [...new Set(connectors)],
  tasks: [...new Set(tasks.map(taskName))],
})

export const loadNames = ({ connectors, tasks }: Load): Names => ({
  connectors: new Set(connectors),
  tasks: new Set(tasks),
})

export const unionOf = (loads: readonly Load[]): Names => ({
  connectors: new Set(loads.flatMap(({ connectors }) => connectors)),
  tasks: new Set(loads.flatMap(({ tasks }) => tasks)),
})

export const toWork = ({ connectors, tasks }: Names): Work => ({
  connectors: [...connectors],
  tasks: [...tasks].flatMap((name) => parseTaskName(name) ?? []),
})

/** In Kafka's order: connectors by name, then each one's tasks by number. */
export function configuredNames(configured: ReadonlyMap<string, number>): Names {
  const connectors = [...configured.keys()].sort()
  const tasks = connectors.flatMap((connector) =>
    Array.from({ length: configured.get(connector) ?? 0 }, (_, task) => taskName({ connector, task })),
  )
  return { connectors: new Set(connectors), tasks: new Set(tasks) }
}

/** The same by connector and number. */
export function inOrder({ connectors, tasks }: Names): Names {
  const ids = [...tasks].flatMap((name) => parseTaskName(name) ?? [])
  ids.sort((a, b) => (a.connector === b.connector ? a.task - b.task : a.connector < b.connector ? -1 : 1))
  return { connectors: new Set([...connectors].sort()), tasks: new Set(ids.map(taskName)) }
}

/** What more than one member holds. */
export function duplicatesOf(loads: readonly Load[]): Names {
  const found = noNames()
  for (const kind of kinds) {
    const seen = new Set<string>()
    for (const name of loads.flatMap((load) => load[kind])) {
      if (seen.has(name)) found[kind].add(name)
      seen.add(name)
    }
  }
  return found
}

/** Takes what stands in `taken` from whoever holds it, and notes it in `revoked`. */
export function revokeHeld(next: Load[], revoked: Map<string, Names>, taken: Names): void {
  for (const load of next) {
    const total = revoked.get(load.member)
    for (const kind of kinds) {
      for (const name of load[kind]) if (taken[kind].has(name)) total?.[kind].add(name)
      load[kind] = load[kind].filter((name) => !taken[kind].has(name))
    }
  }
}
