/** A source of decisions that are the same each time for the same seed and position. */
export interface Chance {
  /** A number in [0, 1). */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  pick<T>(from: readonly T[]): T
  /** Picks the first entries much more often than the last. */
  favour<T>(from: readonly T[]): T
}

/** A 32-bit number that stands for a text (FNV-1a). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Chance for one record: what it says depends on nothing but the two numbers, so a record can be made again. */
export function chanceAt(seed: number, position: number): Chance {
  const high = Math.floor(position / 2 ** 32)
  let state = seed ^ Math.imul((position >>> 0) + 1, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)

  // Mulberry32: short, and even enough for made-up data.
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  function at<T>(from: readonly T[], share: number): T {
    const picked = from[Math.floor(share * from.length)]
    if (picked === undefined) throw new RangeError('there is nothing to pick from')
    return picked
  }

  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (from) => at(from, next()),
    favour: (from) => at(from, next() ** 2),
  }
}
