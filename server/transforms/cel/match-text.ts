import { DataError } from '#server/sdk/data-error.ts'
import { compilePattern, type Pattern } from '#server/sdk/pattern.ts'
import type { WorkBudget } from '#server/transforms/cel/work-budget.ts'
import { rememberLast } from '#server/transforms/remember-last.ts'

/** Characters times the size of the pattern, up to which a match takes well under a millisecond. */
const quickMatch = 1 << 13
/** S-14: of this length a pattern compiles within milliseconds, whatever repetitions it has in it. */
const longestRecordPattern = 250

/**
 * Whether the pattern matches anywhere in the text, as CEL says it (S-14). The time is linear in the text, but not short where
 * both are long: each character is counted against the budget, by the size of the pattern.
 */
export function matchText(text: string, pattern: Pattern, budget: WorkBudget): boolean {
  const size = pattern.programSize()
  budget.spend((text.length * size) >> 8)
  if (text.length * size <= quickMatch) return pattern.test(text)
  // The engine takes whatever has the methods of a text and says that it is one.
  return pattern.test(new CountedText(text, 1 + (size >> 3), budget) as unknown as string)
}

/** The same for a pattern that comes from a record. */
export const matchRecordPattern = (text: string, regex: string, budget: WorkBudget): boolean =>
  matchText(text, recordPattern(regex), budget)

const recordPattern = rememberLast((regex): Pattern => {
  if (regex.length <= longestRecordPattern) return compilePattern(regex)
  throw new DataError(
    `A pattern of ${regex.length} characters is too long to come from a record; ${longestRecordPattern} are allowed`,
  )
})

/** A text that is read on a budget. */
class CountedText {
  readonly length: number
  readonly #text: string
  readonly #steps: number
  readonly #budget: WorkBudget

  constructor(text: string, steps: number, budget: WorkBudget) {
    this.length = text.length
    this.#text = text
    this.#steps = steps
    this.#budget = budget
  }

  get [Symbol.toStringTag](): 'String' {
    return 'String'
  }

  charCodeAt(at: number): number {
    this.#budget.spend(this.#steps)
    return this.#text.charCodeAt(at)
  }

  indexOf(part: string, from: number): number {
    return this.#text.indexOf(part, from)
  }
}
