/**
 * Watches from outside who runs what (I7): it is told of every start and stop, and remembers when two workers ran the same
 * thing at the same time.
 */
export interface Ownership {
  readonly violations: string[]
  began(instance: string, worker: string): void
  ended(instance: string, worker: string): void
  /** A process that was killed runs nothing any more, whatever its objects here still believe. */
  killed(worker: string): void
  ownerOf(instance: string): string | undefined
  /** What a worker runs, sorted. */
  heldBy(worker: string): string[]
  /** How often this was started, by anybody. */
  starts(instance: string): number
}

export function createOwnership(): Ownership {
  const owners = new Map<string, string>()
  const starts = new Map<string, number>()
  const dead = new Set<string>()
  const violations: string[] = []
  return {
    violations,
    began(instance, worker) {
      if (dead.has(worker)) return
      const owner = owners.get(instance)
      if (owner !== undefined) violations.push(`${worker} started ${instance} while ${owner} ran it`)
      owners.set(instance, worker)
      starts.set(instance, (starts.get(instance) ?? 0) + 1)
    },
    ended(instance, worker) {
      if (dead.has(worker)) return
      if (owners.get(instance) !== worker) violations.push(`${worker} stopped ${instance}, which it did not run`)
      else owners.delete(instance)
    },
    killed(worker) {
      dead.add(worker)
      for (const [instance, owner] of owners) if (owner === worker) owners.delete(instance)
    },
    ownerOf: (instance) => owners.get(instance),
    heldBy: (worker) => [...owners].flatMap(([instance, owner]) => (owner === worker ? [instance] : [])).sort(),
    starts: (instance) => starts.get(instance) ?? 0,
  }
}
