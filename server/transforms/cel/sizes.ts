import { DataError } from '#server/sdk/data-error.ts'
import type { WorkBudget } from '#server/transforms/cel/work-budget.ts'

/**
 * S-20: how large things may get, so that no single step takes long: what cannot be interrupted (a `lowerAscii`, a `join`)
 * then ends within milliseconds.
 */
export const largest = {
  text: 1 << 20,
  list: 10_000,
  bytes: 1 << 20,
  compared: 100_000,
  result: 50_000,
  keptInAll: 1 << 24,
}

export function refuseLongText(length: number): void {
  if (length > largest.text) throw new DataError(`A text of ${length} characters is too long for CEL`)
}

export function refuseLongList(length: number): void {
  if (length > largest.list) throw new DataError(`A list of ${length} items is too long for CEL`)
}

export function refuseLongBytes(length: number, most = largest.bytes): void {
  if (length > most) throw new DataError(`A value of ${length} bytes is too long for CEL`)
}

/** Steps that one walk over a value takes, what lies in it left aside. */
export function stepsFor(value: unknown): number {
  if (typeof value === 'string') return value.length >> 3
  if (typeof value !== 'object' || value === null) return 0
  if (Array.isArray(value)) return value.length >> 2
  if (value instanceof Map) return value.size >> 2
  return value instanceof Uint8Array ? value.length >> 6 : 1
}

/** The memory that a new value takes, about: characters, bytes, or items of a list. Refuses what is too large. */
export function sizeOfMade(value: unknown): number {
  if (typeof value === 'string') {
    refuseLongText(value.length)
    return value.length
  }
  if (Array.isArray(value)) {
    refuseLongList(value.length)
    return value.length * 8
  }
  if (!(value instanceof Uint8Array)) return 0
  refuseLongBytes(value.length)
  return value.length
}

/**
 * Walks all that two values are compared by, as deep as it goes; the same list met twice counts twice, as it does when it is
 * compared.
 */
export function walkCompared(value: unknown, budget: WorkBudget): void {
  let left = largest.compared
  function walk(item: unknown) {
    const steps = typeof item === 'string' ? 1 + (item.length >> 6) : 1
    budget.spend(steps)
    left -= steps
    if (left < 0) throw new DataError('Values with so much in them are not compared by CEL')
    if (typeof item !== 'object' || item === null) return
    if (item instanceof Uint8Array) refuseLongBytes(item.length)
    else for (const inside of itemsOf(item)) walk(inside)
  }
  walk(value)
}

function itemsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value
  return value instanceof Map ? value.values() : Object.values(value)
}
