/** What became of numbered lines on their way, by what stands at its end. */
export interface CopyReport {
  /** I1: numbers that never arrived. */
  lost: number[]
  /** I2, I3: how many arrivals were not the first of their number. */
  duplicates: number
  /** I4: how often a number arrived for the first time after a greater one. */
  inversions: number
  /** I14: what arrived and was never sent. */
  foreign: string[]
}

const numberOf = (line: string) => Number(/^line (\d+) ä$/.exec(line)?.[1] ?? Number.NaN)

/** The line with this number; not ASCII, so that bytes and characters differ. */
export const lineOf = (n: number): string => `line ${n} ä`

/** Compares what arrived, in its order, with lines 0 to `sent` - 1. */
export function checkCopy(sent: number, arrived: readonly string[]): CopyReport {
  const seen = new Set<number>()
  const report: CopyReport = { lost: [], duplicates: 0, inversions: 0, foreign: [] }
  let greatest = -1
  for (const line of arrived) {
    const n = numberOf(line)
    if (!(n < sent)) {
      report.foreign.push(line)
      continue
    }
    if (seen.has(n)) {
      report.duplicates++
      continue
    }
    if (n < greatest) report.inversions++
    greatest = Math.max(greatest, n)
    seen.add(n)
  }
  for (let n = 0; n < sent; n++) if (!seen.has(n)) report.lost.push(n)
  return report
}

/** I5: how often a position was followed by a smaller one. */
export const stepsBack = (positions: readonly number[]): number =>
  positions.filter((position, i) => position < (positions[i - 1] ?? 0)).length
