import { effectiveDrain, fromDraining } from '#server/core/drain.ts'
import {
  configuredNames,
  duplicatesOf,
  inOrder,
  intersect,
  isEmpty,
  isIdle,
  kinds,
  type Load,
  loadNames,
  loadOf,
  minus,
  type Names,
  noNames,
  revokeHeld,
  toWork,
  unionOf,
} from '#server/core/loads.ts'
import type { Work } from '#server/core/work.ts'

/** What a round of assignment starts from. Members are walked in the given order, which breaks ties. */
export interface AssignmentRound {
  /** Milliseconds since the epoch. */
  now: number
  /** The generation that last completed on the leader; -1 before the first. */
  lastCompletedGeneration: number
  generation: number
  /** Every connector with the number of its tasks; an inconsistent connector counts none. */
  configured: ReadonlyMap<string, number>
  /** What each member says it holds. */
  members: ReadonlyMap<string, Work>
  /**
   * Whether what is missing was put down by its owner before it left. Asked only with the adaptive delay: waiting for a
   * worker that said goodbye helps nobody.
   */
  putDown?: (work: Work) => boolean
  /**
   * Members that are to be emptied (see `core/drain.ts`): they are given nothing, and what they hold goes elsewhere piece
   * by piece. Kafka knows no such thing; without any, every round is Kafka's.
   */
  draining?: ReadonlySet<string>
}

export interface AssignmentOutcome {
  members: ReadonlyMap<string, { assigned: Work; revoked: Work; all: Work }>
  /** Milliseconds until the members should join again; 0 when nothing is pending. */
  delayMs: number
}

/** What the assignor remembers between rounds, for tests and for the cluster view. */
export interface AssignorState {
  delayMs: number
  scheduledRebalanceAt: number
  candidates: readonly string[]
  previousMembers: readonly string[]
}

export interface Assignor {
  assign(round: AssignmentRound): AssignmentOutcome
  state(): AssignorState
}

export interface AssignorOptions {
  /** `scheduled.rebalance.max.delay.ms`. */
  maxDelayMs: number
  /**
   * Ends the delay as soon as an empty worker has joined since the loss, and skips it for work that was put down
   * cleanly. Off: exactly Kafka's behaviour.
   */
  adaptive: boolean
}

/**
 * Kafka's incremental cooperative assignor (KIP-415; `IncrementalCooperativeAssignor`): work stays where it is, what
 * nobody holds goes to the least loaded, what must move is revoked in one round and assigned in the next, and the work
 * of a departed worker waits for it to come back.
 *
 * I7: nothing is assigned while a member still reports it, and what two members report is taken from both.
 */
export function createAssignor({ maxDelayMs, adaptive }: AssignorOptions): Assignor {
  let previousAssignment = noNames()
  let previousRevocation = noNames()
  let previousGeneration = -1
  let previousMembers: string[] = []
  /** What members that were being emptied still held: nobody waits for them to come back. */
  let previouslyDraining = noNames()
  const candidates = new Set<string>()
  let delayMs = 0
  let scheduledRebalanceAt = 0
  let revokedInPrevious = false
  let successiveRevocations = 0

  function assign(round: AssignmentRound): AssignmentOutcome {
    if (previousGeneration !== round.lastCompletedGeneration) previousAssignment = noNames()
    const configured = configuredNames(round.configured)
    const current = [...round.members].map(([member, work]) => loadOf(member, work))
    const active = unionOf(current)

    // A revocation that did not take effect: its work is still where it was.
    const ignored = kinds.some((kind) => [...previousRevocation[kind]].some((name) => active[kind].has(name)))
    if (ignored) previousAssignment = active
    previousRevocation = noNames()

    const deleted = minus(previousAssignment, configured)
    const duplicated = duplicatesOf(current)
    const missing = inOrder(minus(previousAssignment, active, deleted))
    const abandoned = intersect(missing, previouslyDraining)
    const lost = minus(missing, abandoned)
    const created = minus(configured, previousAssignment, active)

    const revoked = new Map(current.map(({ member }) => [member, noNames()]))
    const next = current.map((load) => ({ ...load, connectors: [...load.connectors], tasks: [...load.tasks] }))
    const draining = effectiveDrain(
      round.draining,
      next.map(({ member }) => member),
    )
    const takers = next.filter(({ member }) => !draining.has(member))
    revokeHeld(next, revoked, deleted)
    revokeHeld(next, revoked, duplicated)

    const reassigned = handleLost(round, lost, next, takers)
    if (delayMs === 0) balance(round.now, configured, takers, revoked)
    else revokedInPrevious = false
    revokeHeld(next, revoked, fromDraining(next, draining))

    for (const kind of kinds) spread(takers, kind, [...created[kind], ...abandoned[kind], ...reassigned[kind]])
    const byMember = new Map(next.map((load) => [load.member, load]))
    const ordered = current.map(({ member }) => byMember.get(member) ?? { member, connectors: [], tasks: [] })

    previousAssignment = unionOf(ordered)
    for (const taken of revoked.values()) {
      previousAssignment = minus(previousAssignment, taken)
      for (const kind of kinds) for (const name of taken[kind]) previousRevocation[kind].add(name)
    }
    for (const kind of kinds) for (const name of lost[kind]) previousAssignment[kind].add(name)
    previousGeneration = round.generation
    previousMembers = current.map(({ member }) => member)
    previouslyDraining = unionOf(next.filter(({ member }) => draining.has(member)))

    const kept = minus(active, deleted)
    return {
      delayMs,
      members: new Map(
        ordered.map((load, index) => {
          const before = intersect(loadNames(current[index] ?? load), kept)
          return [
            load.member,
            {
              assigned: toWork(minus(loadNames(load), before)),
              revoked: toWork(revoked.get(load.member) ?? noNames()),
              all: toWork(loadNames(load)),
            },
          ]
        }),
      ),
    }
  }

  /** What of the lost work is to be handed out like new work; the rest waits, or went to a candidate already. */
  function handleLost(round: AssignmentRound, lost: Names, next: Load[], takers: Load[]): Names {
    if (isEmpty(lost) && !revokedInPrevious) {
      resetDelay()
      return noNames()
    }
    const present = new Set(next.map(({ member }) => member))
    const nobodyLeft = previousMembers.every((member) => present.has(member))
    if ((scheduledRebalanceAt <= 0 && nobodyLeft) || maxDelayMs === 0) return lost
    const waited = scheduledRebalanceAt > 0 && round.now >= scheduledRebalanceAt
    if (waited || (adaptive && mayHandOver(round, lost, takers))) return handOver(lost, takers)

    for (const load of takers) if (isIdle(load)) candidates.add(load.member)
    delayMs = round.now < scheduledRebalanceAt ? Math.min(scheduledRebalanceAt - round.now, maxDelayMs) : maxDelayMs
    scheduledRebalanceAt = round.now + delayMs
    return noNames()
  }

  /** Adaptive: a replacement is there, or there is nothing to wait for. */
  function mayHandOver({ putDown }: AssignmentRound, lost: Names, takers: Load[]): boolean {
    const known = new Set(previousMembers)
    const replacements = takers.filter((load) => isIdle(load) && !known.has(load.member))
    for (const { member } of replacements) candidates.add(member)
    return replacements.length > 0 || (!isEmpty(lost) && putDown?.(toWork(lost)) === true)
  }

  /** To the workers that were empty while the delay ran, most likely the ones that came back; else to everybody. */
  function handOver(lost: Names, takers: Load[]): Names {
    const returned = [...candidates].flatMap((member) => takers.find((load) => load.member === member) ?? [])
    for (const kind of kinds) {
      let turn = 0
      if (returned.length > 0) for (const name of lost[kind]) returned[turn++ % returned.length]?.[kind].push(name)
    }
    resetDelay()
    revokedInPrevious = false
    return returned.length > 0 ? noNames() : lost
  }

  function resetDelay(): void {
    candidates.clear()
    scheduledRebalanceAt = 0
    delayMs = 0
  }

  /** Takes what is above a worker's fair share; rounds of it in a row are spaced out (KAFKA-12495). */
  function balance(now: number, configured: Names, takers: Load[], revoked: Map<string, Names>): void {
    const excess = excessOf(configured, takers)
    if (excess.size > 0 && revokedInPrevious) {
      successiveRevocations++
      delayMs = successiveBackOffMs(successiveRevocations, maxDelayMs)
      if (delayMs > 0) {
        scheduledRebalanceAt = now + delayMs
        return
      }
    } else if (excess.size === 0) {
      if (revokedInPrevious) successiveRevocations = 0
      revokedInPrevious = false
      return
    }
    revokedInPrevious = true
    for (const load of takers) {
      const taken = excess.get(load.member)
      const total = revoked.get(load.member)
      if (!taken || !total) continue
      for (const kind of kinds) {
        for (const name of taken[kind]) total[kind].add(name)
        load[kind] = load[kind].filter((name) => !taken[kind].has(name))
      }
    }
  }

  return {
    assign,
    state: () => ({
      delayMs,
      scheduledRebalanceAt,
      candidates: [...candidates],
      previousMembers: [...previousMembers],
    }),
  }
}

function excessOf(configured: Names, next: readonly Load[]): Map<string, Names> {
  const excess = new Map<string, Names>()
  if (next.every(isIdle) || isEmpty(configured)) return excess
  for (const kind of kinds) {
    const floor = Math.floor(configured[kind].size / next.length)
    const mayHoldMore = configured[kind].size % next.length
    const holding = (count: number) => next.filter((load) => load[kind].length === count).length
    if (holding(floor + 1) === mayHoldMore && holding(floor) + holding(floor + 1) === next.length) continue
    let extras = 0
    for (const load of next) {
      if (load[kind].length <= floor) continue
      const limit = extras < mayHoldMore ? floor + 1 : floor
      extras++
      if (load[kind].length <= limit) continue
      const taken = excess.get(load.member) ?? noNames()
      for (const name of load[kind].slice(0, load[kind].length - limit)) taken[kind].add(name)
      excess.set(load.member, taken)
    }
  }
  return excess
}

/** One item to each of the least loaded, again and again (`assignConnectors`, `assignTasks`). */
function spread(next: Load[], kind: 'connectors' | 'tasks', names: readonly string[]): void {
  next.sort((a, b) => a[kind].length - b[kind].length || (a.member < b.member ? -1 : 1))
  let at = 0
  while (at < names.length) {
    const lowest = next[0]?.[kind].length ?? 0
    const end = next.findIndex((load) => load[kind].length > lowest)
    for (const load of next.slice(0, end === -1 ? next.length : end)) {
      const name = names[at++]
      if (name === undefined) return
      load[kind].push(name)
    }
    if (next.length === 0) return
  }
}

/** 1 ms × 40^n, at most the delay itself (Kafka: `ExponentialBackoff(1, 40, maxDelay, 0)`). */
function successiveBackOffMs(count: number, maxDelayMs: number): number {
  if (maxDelayMs <= 1) return maxDelayMs === 0 ? 0 : 1
  const exponent = Math.min(count, Math.log(maxDelayMs) / Math.log(40))
  return Math.min(Math.trunc(40 ** exponent), maxDelayMs)
}
