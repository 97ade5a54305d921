import type { CreateCheck } from '#e2e/checker/check.ts'
import type { Observation } from '#e2e/checker/observation.ts'

export interface Verdict {
  /** As docs/invariants.md numbers it. */
  invariant: string
  holds: boolean
  violations: number
  /** The first that was seen. `observation` is absent where the end of all observations showed it. */
  first?: { why: string; observation?: Observation }
}

export interface Checker {
  /** Observations come in the order of their time; `inTimeOrder` brings several sources of them into it. */
  see(observation: Observation): void
  /** Call once, when nothing more comes. */
  end(): Verdict[]
}

/** Lets every check see every observation, and keeps what each finds. */
export function createChecker(checks: Readonly<Record<string, CreateCheck>>): Checker {
  let current: Observation | undefined
  const judged = Object.entries(checks).map(([invariant, create]) => {
    const verdict: Verdict = { invariant, holds: true, violations: 0 }
    const check = create((why, times = 1) => {
      verdict.holds = false
      verdict.violations += times
      verdict.first ??= { why, ...(current && { observation: current }) }
    })
    return { check, verdict }
  })
  return {
    see(observation) {
      current = observation
      for (const { check } of judged) check.see(observation)
    },
    end() {
      current = undefined
      for (const { check } of judged) check.end?.()
      return judged.map(({ verdict }) => verdict)
    },
  }
}

/** Judges a stream of observations to its end. */
export async function judge(
  checks: Readonly<Record<string, CreateCheck>>,
  observations: AsyncIterable<Observation> | Iterable<Observation>,
): Promise<Verdict[]> {
  const checker = createChecker(checks)
  for await (const observation of observations) checker.see(observation)
  return checker.end()
}

/** One line a broken invariant, for people; empty when all hold. */
export const complaints = (verdicts: readonly Verdict[]): string[] =>
  verdicts.flatMap(({ invariant, holds, violations, first }) =>
    holds
      ? []
      : [`${invariant} (${violations} times): ${first?.why} ${JSON.stringify(first?.observation ?? 'at the end')}`],
  )
