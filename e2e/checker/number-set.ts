/** A set of whole numbers that takes room by its gaps, not by its members: a stream of a billion numbers is one range. */
export interface NumberSet {
  /** False when it was there already. */
  add(n: number): boolean
  /** Adds every number of [from, to). */
  addRange(from: number, to: number): void
  has(n: number): boolean
  /** The least number below `end`, and at least `from`, that is not in here; undefined when all are. */
  firstMissing(from: number, end: number): number | undefined
  /** How many of [from, end) are not in here. */
  countMissing(from: number, end: number): number
  /** Half-open, ascending, never touching. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

export function createNumberSet(): NumberSet {
  const ranges: [number, number][] = []

  /** The index of the first range that ends behind `n`, or at it. */
  function search(n: number): number {
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ranges[middle]?.[1] ?? 0) < n) low = middle + 1
      else high = middle
    }
    return low
  }

  function has(n: number): boolean {
    const range = ranges[search(n + 1)]
    return range !== undefined && range[0] <= n
  }

  function addRange(from: number, to: number): void {
    if (to <= from) return
    const first = search(from)
    let last = first
    let [low, high] = [from, to]
    for (let range = ranges[last]; range && range[0] <= to; range = ranges[++last]) {
      low = Math.min(low, range[0])
      high = Math.max(high, range[1])
    }
    ranges.splice(first, last - first, [low, high])
  }

  function* gaps(from: number, end: number): Generator<readonly [number, number]> {
    let at = from
    for (let i = search(from + 1); at < end; i++) {
      const [low, high] = ranges[i] ?? [end, end]
      if (at < Math.min(low, end)) yield [at, Math.min(low, end)]
      at = Math.max(at, high)
    }
  }

  return {
    ranges,
    has,
    addRange,
    add(n) {
      if (has(n)) return false
      addRange(n, n + 1)
      return true
    },
    firstMissing(from, end) {
      for (const [gap] of gaps(from, end)) return gap
      return undefined
    },
    countMissing(from, end) {
      let count = 0
      for (const [low, high] of gaps(from, end)) count += high - low
      return count
    },
  }
}
