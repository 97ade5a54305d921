import type { CopiesReport } from '#e2e/chaos/copies.ts'
import type { FaultKind } from '#e2e/chaos/story.ts'
import { complaints, type Verdict } from '#e2e/checker/checker.ts'
import type { VerifiableReport } from '#e2e/observers/verifiable-run.ts'

/** The JSON line of a seed. */
export interface ChaosReport extends Judged {
  seed: number
  /** How often each kind of fault struck. */
  faults: Partial<Record<FaultKind, number>>
  /** From the end of the last fault until everything runs on all workers again, in ms. */
  healMs: number
  /** What I3 allows after these faults. */
  mostDuplicates: number
}

interface Judged {
  /** Lines that were written into files, and numbers that the verifiable sources handed out. */
  lines: number
  numbers: number
  exactlyOnceNumbers: number
  /** On all ways together. */
  lost: number
  inversions: number
  foreign: number
  offsetsBack: number
  /** I3: lines that arrived again. */
  duplicates: number
  /** I2: numbers that came again although their source delivers exactly once. */
  exactlyOnceDuplicates: number
  /** Whether every invariant holds that this run can judge; else the first that broke each of the others. */
  ok: boolean
  broken: string[]
}

export function reportOf(copied: CopiesReport, numbered: VerifiableReport, exactly: VerifiableReport): Judged {
  const all = [...copied.verdicts, ...numbered.verdicts, ...exactly.verdicts]
  const broken = [
    ...complaints([...copied.verdicts, ...numbered.verdicts]),
    ...complaints(exactly.verdicts).map((one) => `exactly once: ${one}`),
  ]
  return {
    lines: copied.sent,
    numbers: numbered.seen.polled ?? 0,
    exactlyOnceNumbers: exactly.seen.polled ?? 0,
    lost: violations(all, 'I1'),
    inversions: violations(all, 'I4'),
    foreign: violations(all, 'I14'),
    offsetsBack: violations(all, 'I5'),
    duplicates: copied.duplicates,
    exactlyOnceDuplicates: violations(exactly.verdicts, 'I2'),
    ok: broken.length === 0,
    broken,
  }
}

const violations = (verdicts: readonly Verdict[], invariant: string): number =>
  verdicts.reduce((sum, verdict) => sum + (verdict.invariant === invariant ? verdict.violations : 0), 0)
