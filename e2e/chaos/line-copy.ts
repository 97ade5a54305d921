import { numberOf } from '#e2e/chaos/numbered-lines.ts'
import { complaints, createChecker, type Verdict } from '#e2e/checker/checker.ts'
import { noDuplicates } from '#e2e/checker/no-duplicates.ts'
import { noLoss } from '#e2e/checker/no-loss.ts'
import { notMangled } from '#e2e/checker/not-mangled.ts'
import type { Observation, Stream } from '#e2e/checker/observation.ts'
import { order } from '#e2e/checker/order.ts'

/** Numbered lines in a file are handed out, and have to arrive. */
export function* linesHandedOut(stream: Stream, count: number): Generator<Observation> {
  for (let seqno = 0; seqno < count; seqno++) {
    yield { kind: 'polled', at: 0, stream, seqno }
    yield { kind: 'settled', at: 0, stream, seqno, dropped: false }
  }
}

/** A line that stands at the end of its way. */
export function lineArrived(at: number, place: string, stream: Stream, line: string): Observation {
  const seqno = numberOf(line)
  return seqno === undefined
    ? { kind: 'foreign', at, place, what: line }
    : { kind: 'arrived', at, stream, seqno, place }
}

/** What is wrong with the lines that arrived, in their order, of the first `count`; each is to be there once. */
export function complaintsAboutLines(count: number, arrived: readonly string[]): string[] {
  const checker = createChecker({ I1: noLoss(), I2: noDuplicates('exactly-once'), I4: order, I14: notMangled })
  for (const one of linesHandedOut('lines', count)) checker.see(one)
  for (const line of arrived) checker.see(lineArrived(0, 'topic', 'lines', line))
  const verdicts: readonly Verdict[] = checker.end()
  return complaints(verdicts)
}
