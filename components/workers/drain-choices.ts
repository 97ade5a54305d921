import type { ClusterView, Drain } from '#server/contract/connector.ts'

/** What can be done about a worker's drain, and what it would mean. */
export interface DrainChoice {
  worker: string
  drain: Drain | undefined
  /** Connectors and tasks that it runs. */
  pieces: number
  /** How many other workers take work. */
  takers: number
  /** Why it cannot be drained; null when it can. */
  refusal: string | null
}

/** One choice for each worker of the group, then for drained workers that are not in it. */
export function drainChoices({ workers, drains, source }: ClusterView): DrainChoice[] {
  const drained = new Map(drains.map((drain) => [drain.worker, drain]))
  const present = workers.map(({ id, connectors, tasks }): DrainChoice => {
    const takers = workers.filter((other) => other.id !== id && !drained.has(other.id)).length
    return {
      worker: id,
      drain: drained.get(id),
      pieces: connectors.length + tasks.length,
      takers,
      refusal: refusalOf(source, workers.length, takers),
    }
  })
  const absent = drains.filter(({ worker }) => !workers.some(({ id }) => id === worker))
  return [...present, ...absent.map((drain) => ({ worker: drain.worker, drain, pieces: 0, takers: 0, refusal: null }))]
}

function refusalOf(source: ClusterView['source'], workers: number, takers: number): string | null {
  if (source === 'statuses') return 'A worker of Apache Kafka Connect leads this group and knows no drains.'
  if (takers > 0) return null
  return workers === 1
    ? 'It is the only worker: its work has nowhere to go.'
    : 'All other workers are drained: its work has nowhere to go.'
}

/** How far a drain is, in a few words. */
export function drainWords({ state, left, waitsFor }: Drain): string {
  switch (state) {
    case 'draining':
      return `draining, ${left} left`
    case 'drained':
      return 'drained'
    case 'absent':
      return 'drained, not in the group'
    case 'waiting':
      return waitsFor === 'leader' ? 'drain waits: a JVM worker leads' : 'drain waits: nobody else takes work'
  }
}
