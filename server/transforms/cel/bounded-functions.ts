import { DataError } from '#server/sdk/data-error.ts'
import { matchRecordPattern } from '#server/transforms/cel/match-text.ts'
import { refuseLongBytes, refuseLongList, refuseLongText } from '#server/transforms/cel/sizes.ts'
import { stepsPerLook, type WorkBudget } from '#server/transforms/cel/work-budget.ts'

/**
 * Functions of CEL whose work is more than a walk over what they are given, done so that it can be interrupted. Each answers
 * undefined for arguments that it leaves to the library, errors about wrong types among them.
 */
export type BoundedFunction = (args: readonly unknown[], budget: WorkBudget) => unknown

const longestDuration = 64
const longestJson = 1 << 18
/** Characters that are compared between two looks at the clock: about a tenth of a millisecond. */
const comparedAtOnce = 1 << 18

export const boundedFunctions: Readonly<Record<string, BoundedFunction>> = {
  matches: onTexts(([text, pattern], budget) => matchRecordPattern(text, pattern, budget)),
  contains: onTexts(([text, part], budget) => indexOfPart(text, part, 0, budget) >= 0),
  indexOf([text, part, from], budget) {
    if (typeof text !== 'string' || typeof part !== 'string' || isShort(text, part)) return undefined
    if (from === undefined) return BigInt(indexOfPart(text, part, 0, budget))
    return isPlace(from, text) ? BigInt(indexOfPart(text, part, Number(from), budget)) : undefined
  },
  lastIndexOf([text, part, from], budget) {
    if (typeof text !== 'string' || typeof part !== 'string' || isShort(text, part)) return undefined
    if (from === undefined) return BigInt(lastIndexOfPart(text, part, text.length, budget))
    return isPlace(from, text) ? BigInt(lastIndexOfPart(text, part, Number(from), budget)) : undefined
  },
  split([text, separator, limit = -1n], budget) {
    if (typeof text !== 'string' || typeof separator !== 'string' || typeof limit !== 'bigint') return undefined
    return limit === 0n ? [] : splitText(text, separator, Number(limit), budget)
  },
  join([list, separator = '']) {
    if (!Array.isArray(list) || typeof separator !== 'string') return undefined
    // Told before it is made: thousands of names of one long text take no memory, but their sum would.
    const lengthOf = (item: unknown) => (typeof item === 'string' ? item.length : 0) + separator.length
    refuseLongText(list.reduce((sum: number, item) => sum + lengthOf(item), 0))
    return undefined
  },
  duration([text]) {
    // The library looks for a unit from every place of the text anew.
    if (typeof text === 'string' && text.length > longestDuration) {
      throw new DataError(`A text of ${text.length} characters is no duration`)
    }
    return undefined
  },
  json([bytes]) {
    if (bytes instanceof Uint8Array) refuseLongBytes(bytes.length, longestJson)
    return undefined
  },
  hex: onBytes,
  base64: onBytes,
  string: onBytes,
}

function onTexts(call: (texts: readonly [string, string], budget: WorkBudget) => unknown): BoundedFunction {
  return ([a, b], budget) => (typeof a === 'string' && typeof b === 'string' ? call([a, b], budget) : undefined)
}

function onBytes([bytes]: readonly unknown[]): undefined {
  if (bytes instanceof Uint8Array) refuseLongBytes(bytes.length)
}

const isShort = (text: string, part: string) => part === '' || text.length * part.length <= comparedAtOnce
const isPlace = (at: unknown, text: string) => typeof at === 'bigint' && at >= 0n && at < text.length

/** As `indexOf`, but in stretches: a long part, looked for in a text much like it, is compared at every place. */
function indexOfPart(text: string, part: string, from: number, budget: WorkBudget): number {
  if (isShort(text, part)) return text.indexOf(part, from)
  const places = placesAtOnce(part)
  for (let at = from; at + part.length <= text.length; at += places) {
    budget.spend(stepsPerLook)
    const found = text.slice(at, at + places + part.length - 1).indexOf(part)
    if (found >= 0) return at + found
  }
  return -1
}

function lastIndexOfPart(text: string, part: string, from: number, budget: WorkBudget): number {
  const places = placesAtOnce(part)
  for (let end = Math.min(from, text.length - part.length) + 1; end > 0; end -= places) {
    budget.spend(stepsPerLook)
    const start = Math.max(0, end - places)
    const found = text.slice(start, end + part.length - 1).lastIndexOf(part)
    if (found >= 0) return start + found
  }
  return -1
}

const placesAtOnce = (part: string) => Math.max(1, Math.floor(comparedAtOnce / part.length))

/** At most `limit` parts, the last with all that is left; any number of them when it is negative. */
function splitText(text: string, separator: string, limit: number, budget: WorkBudget): string[] {
  if (separator === '') return splitCharacters(text, limit)
  const parts: string[] = []
  let from = 0
  while (limit < 0 || parts.length < limit - 1) {
    budget.spend(1)
    const found = indexOfPart(text, separator, from, budget)
    if (found < 0) break
    parts.push(text.slice(from, found))
    refuseLongList(parts.length)
    from = found + separator.length
  }
  parts.push(text.slice(from))
  return parts
}

function splitCharacters(text: string, limit: number): string[] {
  if (limit >= 0 && text.length > limit) return [...text.slice(0, limit - 1).split(''), text.slice(limit - 1)]
  refuseLongList(text.length)
  return text.split('')
}
