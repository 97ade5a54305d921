import { type TaskId, type TaskThroughput, taskName } from '#server/contract/connector.ts'

/** What every task had moved at a time, in ms of any clock, by the task's name. */
export interface ThroughputSample {
  at: number
  records: Readonly<Record<string, number>>
}

/** The samples of the last minute, oldest first; null where the workers do not tell. */
export type ThroughputSamples = readonly ThroughputSample[] | null

const keptMs = 60_000
/** A rate looks back this far: long enough to be read, short enough to follow what happens. */
const spanMs = 10_000

export function addSample(
  samples: ThroughputSamples | undefined,
  told: readonly TaskThroughput[] | null,
  at: number,
): ThroughputSamples {
  if (!told) return null
  const records = Object.fromEntries(told.map((task) => [taskName(task), task.records]))
  return [...(samples ?? []).filter((sample) => at - sample.at < keptMs), { at, records }]
}

/**
 * Records a second of these tasks together, over the last ten seconds of the samples up to `end`. Undefined while nobody
 * can say: before two samples, and of tasks that no worker tells of.
 */
export function rateOf(
  samples: ThroughputSamples | undefined,
  tasks: readonly TaskId[],
  end = Number.POSITIVE_INFINITY,
): number | undefined {
  const seen = (samples ?? []).filter(({ at }) => at <= end)
  const rates = tasks.flatMap((task) => rateOfTask(seen, taskName(task)) ?? [])
  return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0)
}

function rateOfTask(samples: readonly ThroughputSample[], task: string): number | undefined {
  const newest = samples.at(-1)
  const last = newest?.records[task]
  if (!newest || last === undefined) return undefined
  let first = { at: newest.at, records: last }
  for (const { at, records } of samples.toReversed()) {
    const then = records[task]
    // Fewer than later: it began anew in between, elsewhere or here.
    if (then === undefined || then > first.records || newest.at - at > spanMs) break
    first = { at, records: then }
  }
  return first.at === newest.at ? undefined : ((last - first.records) * 1_000) / (newest.at - first.at)
}

/** The rate at each sample of the last minute: seconds before the newest, and records a second; what nobody can say is left out. */
export function rateSeries(samples: ThroughputSamples | undefined, tasks: readonly TaskId[]): [number[], number[]] {
  const newest = samples?.at(-1)?.at ?? 0
  const points = (samples ?? []).flatMap(({ at }) => {
    const rate = rateOf(samples, tasks, at)
    return rate === undefined ? [] : [{ second: (at - newest) / 1_000, rate }]
  })
  return [points.map(({ second }) => second), points.map(({ rate }) => rate)]
}
