import type { Promises } from '#e2e/checker/every-check.ts'
import { streamOf } from '#e2e/checker/observation.ts'
import type { Bench } from '#e2e/checker/planted/bench.ts'
import type { SinkFaults, SourceFaults } from '#e2e/checker/planted/tasks.ts'

/** What is put in the place of a part of the real component. */
export interface Faults {
  source?: SourceFaults
  sink?: SinkFaults
  /** The drive itself does what the component should have kept it from. */
  drive?: true
}

/** Runs a component on a bench. Without faults every invariant has to hold. */
export type Drive = (bench: Bench, faults: Faults) => Promise<void>

/** A known bug in a component that otherwise is the real one. */
export interface Planted {
  bug: string
  /** The invariant that the checker has to find broken. */
  breaks: string
  drive: Drive
  faults: Faults
}

/** What a drive is promised beside what all are. */
export interface Promised {
  drive: Drive
  promises: Partial<Promises>
}

/** Not ASCII, so that bytes and characters differ. */
export const source = 'zählt'
export const stream = streamOf(source, 0)
