/** How many records came in each of the last seconds. */
export interface Rate {
  add(records: number): void
  /** Seconds before now (negative, oldest first) and the records of each; the first and the running second are not whole and are left out. */
  read(): [seconds: number[], records: number[]]
}

/** Counts by second in a ring of `seconds` places; `now` is milliseconds of any clock. */
export function createRate(seconds: number, now: () => number): Rate {
  const counts = new Map<number, number>()
  const current = () => Math.floor(now() / 1000)
  const started = current()
  return {
    add(records) {
      const second = current()
      counts.set(second, (counts.get(second) ?? 0) + records)
      for (const old of counts.keys()) if (old < second - seconds) counts.delete(old)
    },
    read() {
      const end = current()
      const from = Math.max(started + 1, end - seconds)
      const ages = Array.from({ length: end - from }, (_, i) => from + i)
      return [ages.map((second) => second - end), ages.map((second) => counts.get(second) ?? 0)]
    },
  }
}
