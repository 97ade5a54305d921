import { knownDifferences } from '#e2e/rest/test-tree/known-differences.ts'
import type { RecordedStep } from '#e2e/rest/test-tree/recording.ts'

/** Counts replayed lines of one file, and remembers what was different. */
export function createTally(file: string) {
  const passed: string[] = []
  const failures: { id: string; scenario: string | undefined; differences: string[] }[] = []
  const uncounted: { id: string; why: string; equal: boolean }[] = []

  return {
    note(step: RecordedStep, found: string[]): void {
      const { id, scenario } = step
      const why = whyUncounted(step)
      if (why !== undefined) uncounted.push({ id, why, equal: found.length === 0 })
      else if (found.length === 0) passed.push(id)
      else failures.push({ id, scenario, differences: found })
    },
    /** The failures of one scenario, or of the whole file. */
    failed: (scenario?: string): string[] =>
      failures
        .filter((failure) => scenario === undefined || failure.scenario === scenario)
        .map(({ id, differences }) => `${id}\n  ${differences.join('\n  ')}`),
    /** Known differences that are none any more. */
    healed: (): string[] =>
      uncounted.filter(({ id, equal }) => equal && Object.hasOwn(knownDifferences, id)).map(({ id }) => id),
    print(): void {
      for (const { id, differences } of failures) console.log(`${id}\n  ${differences.slice(0, 8).join('\n  ')}`)
      for (const { id, why, equal } of uncounted)
        console.log(`${id} not counted (${why}), ${equal ? 'equal' : 'different'}`)
      console.log(`${file}: ${passed.length} passed, ${failures.length} failed, ${uncounted.length} not counted`)
    },
  }
}

function whyUncounted(step: RecordedStep): string | undefined {
  if (Object.hasOwn(knownDifferences, step.id)) return knownDifferences[step.id]
  return JSON.stringify([step.path, step.body, step.responseJson]).includes('Mirror')
    ? 'names a mirror connector'
    : undefined
}
