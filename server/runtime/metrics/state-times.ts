import type { InstanceState } from '#server/contract/connector.ts'

/** How long an instance was in each state (Kafka: `StateTracker`). */
export interface StateTimes {
  readonly state: InstanceState
  enter(state: InstanceState, now: number): void
  /** The share of the time since it is known in which it was in this state, 0 to 1. */
  share(state: InstanceState, now: number): number
}

export function createStateTimes(begun: number): StateTimes {
  const spentMs = new Map<InstanceState, number>()
  let current: InstanceState = 'UNASSIGNED'
  let since = begun
  const spent = (state: InstanceState, now: number) =>
    (spentMs.get(state) ?? 0) + (state === current ? Math.max(0, now - since) : 0)

  return {
    get state() {
      return current
    },
    enter(state, now) {
      spentMs.set(current, spent(current, now))
      current = state
      since = now
    },
    share(state, now) {
      const total = now - begun
      return total > 0 ? spent(state, now) / total : Number(state === current)
    },
  }
}
