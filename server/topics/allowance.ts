/** A number of records that may be delivered now; it fills up with time. */
export interface Allowance {
  /** What may be taken at this moment, at least one. */
  available(): number
  take(records: number): void
}

/** `perSecond` in the long run, and up to `most` at once after a quiet time. `now` is milliseconds of any clock. */
export function createAllowance(
  now: () => number,
  { perSecond, most }: { perSecond: number; most: number },
): Allowance {
  let left = most
  let at = now()
  return {
    available() {
      const time = now()
      left = Math.min(most, left + ((time - at) * perSecond) / 1000)
      at = time
      return Math.max(1, Math.floor(left))
    },
    take(records) {
      left -= records
    },
  }
}
