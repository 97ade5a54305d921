import type { Observation } from '#e2e/checker/observation.ts'

/** One invariant, judged while observations go by. What it remembers does not grow with their number. */
export interface Check {
  see(observation: Observation): void
  /** Nothing more comes; what should have come by now has not. */
  end?(): void
}

/** Tells that the invariant does not hold, at the observation that is being seen; of so many records at once. */
export type Report = (why: string, times?: number) => void

export type CreateCheck = (report: Report) => Check

export type Delivery = 'exactly-once' | 'at-least-once'

/** A value for each key, made when it is first asked for. */
export interface Each<Value> {
  of(key: string): Value
  entries(): Iterable<[string, Value]>
}

export function each<Value>(make: (key: string) => Value): Each<Value> {
  const all = new Map<string, Value>()
  return {
    of(key) {
      let value = all.get(key)
      if (value === undefined) {
        value = make(key)
        all.set(key, value)
      }
      return value
    },
    entries: () => all.entries(),
  }
}
