/** Several measurements taken together: what every statistic is made from, and what threads send. */
export interface Measured {
  count: number
  sum: number
  min: number
  max: number
  /** The newest of them. */
  last: number
}

export const measured = (value: number): Measured => ({ count: 1, sum: value, min: value, max: value, last: value })

/** Adds `more`, which is newer, to `to`. */
export function addMeasured(to: Measured, more: Measured): void {
  to.count += more.count
  to.sum += more.sum
  to.min = Math.min(to.min, more.min)
  to.max = Math.max(to.max, more.max)
  to.last = more.last
}

/** How averages and rates look back (`metrics.sample.window.ms`, `metrics.num.samples`). */
export interface SampleWindows {
  windowMs: number
  samples: number
}

/** Measurements of the last windows, as Kafka's metrics keep them (`SampledStat`): old windows go as a whole. */
export interface MetricSamples {
  add(measured: Measured, now: number): void
  /** NaN without a measurement in the windows, as in Kafka. */
  avg(now: number): number
  max(now: number): number
  min(now: number): number
  /** Per second (`Rate`): never over less than all windows but one, so that a first measurement is no peak. */
  rate(now: number): number
}

export function createMetricSamples({ windowMs, samples }: SampleWindows): MetricSamples {
  let windows: { since: number; measured: Measured }[] = []

  function recent(now: number) {
    windows = windows.filter(({ since }) => now - since < windowMs * samples)
    return windows
  }

  const over = (now: number): Measured | undefined => {
    const [first, ...others] = recent(now)
    if (!first) return undefined
    const all = { ...first.measured }
    for (const { measured } of others) addMeasured(all, measured)
    return all
  }

  return {
    add(more, now) {
      const newest = recent(now).at(-1)
      if (newest && now - newest.since < windowMs) addMeasured(newest.measured, more)
      else windows.push({ since: now, measured: { ...more } })
    },
    avg(now) {
      const all = over(now)
      return all ? all.sum / all.count : Number.NaN
    },
    max: (now) => over(now)?.max ?? Number.NaN,
    min: (now) => over(now)?.min ?? Number.NaN,
    rate(now) {
      const [oldest] = recent(now)
      if (!oldest) return 0
      const full = Math.floor((now - oldest.since) / windowMs)
      const elapsedMs = now - oldest.since + Math.max(0, samples - 1 - full) * windowMs
      return ((over(now)?.sum ?? 0) * 1_000) / Math.max(elapsedMs, windowMs)
    },
  }
}
