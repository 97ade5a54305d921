import { type Each, each } from '#e2e/checker/check.ts'
import { createNumberSet, type NumberSet } from '#e2e/checker/number-set.ts'
import type { Observation } from '#e2e/checker/observation.ts'

type Arrived = Extract<Observation, { kind: 'arrived' }>

/** Finds arrivals that are not the first of their record. */
export interface Repetitions {
  /** True when this very record has arrived at this place before. */
  isRepetition(arrived: Arrived): boolean
}

/**
 * A sink is judged by what Kafka gave it: what stands twice in a topic is the source's doing, and a sink has to write both.
 * Where the offset is not known, as in a file, the number tells.
 */
export function createRepetitions(): Repetitions {
  const seen: Each<NumberSet> = each(createNumberSet)
  return {
    isRepetition({ place, stream, seqno, partition, offset }) {
      if (place === 'topic' || partition === undefined || offset === undefined) {
        return !seen.of(`${place} ${stream}`).add(seqno)
      }
      return !seen.of(`${place} ${partition}`).add(offset)
    },
  }
}
