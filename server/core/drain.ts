import type { Drain } from '#server/contract/connector.ts'
import { kinds, type Load, type Names, noNames } from '#server/core/loads.ts'

/**
 * How many connectors and tasks are taken from draining members in one round. What is taken in a round is given to
 * somebody in the next one, which begins when all of it is down: with one at a time, nothing waits for another one's stop.
 */
export const drainedPerRound = 1

/**
 * Which of the members that are to be emptied are, this time. When nobody else is there they keep their work and are given
 * work as if nothing had been asked: a drain is never an outage (I10).
 */
export function effectiveDrain(
  asked: ReadonlySet<string> | undefined,
  members: readonly string[],
): ReadonlySet<string> {
  const present = members.filter((member) => asked?.has(member))
  return new Set(present.length === members.length ? [] : present)
}

/** What is taken from draining members in this round: at most `drainedPerRound`, connectors first, in the order of `members`. */
export function fromDraining(members: readonly Load[], draining: ReadonlySet<string>): Names {
  const taken = noNames()
  let left = drainedPerRound
  for (const load of members) {
    if (!draining.has(load.member)) continue
    for (const kind of kinds) {
      for (const name of load[kind].slice(0, left)) {
        taken[kind].add(name)
        left--
      }
    }
  }
  return taken
}

/** How far each drain is, in the order of its asking; `left` says how many connectors and tasks a worker of the group runs. */
export function drainsOf(
  asked: ReadonlyMap<string, number>,
  group: { left: ReadonlyMap<string, number>; leaderDrains: boolean },
): Drain[] {
  const somebodyElse = [...group.left.keys()].some((worker) => !asked.has(worker))
  return [...asked].map(([worker, askedAt]) => {
    const left = group.left.get(worker)
    if (left === undefined) return { worker, askedAt, state: 'absent', left: 0, waitsFor: null }
    const waitsFor = !group.leaderDrains ? 'leader' : somebodyElse ? null : 'worker'
    if (left === 0) return { worker, askedAt, state: 'drained', left, waitsFor: null }
    return { worker, askedAt, state: waitsFor === null ? 'draining' : 'waiting', left, waitsFor }
  })
}
