import type { ConnectorConfig } from '#server/contract/connector.ts'

/** The key, of a worker and of a connector, that says after how long without progress a connector or task is stalled; 0 never. */
export const stallIntervalKey = 'sluice.stall.interval.ms'
export const defaultStallIntervalMs = 60_000

/** Something of a connector or task that has begun and is not over. Times are ms of one clock, the monotonic one. */
export interface Unfinished {
  /** What it is, in words that go on with the task's name: `putting records into`. */
  stage: string
  since: number
  /** Why it does not get on, where that is known: it was tried, failed, and is tried again. */
  reason?: string
  /**
   * For what may rightly take for ever, as a poll that waits for data: when it was asked for a sign of life, null while
   * nobody has. Without an answer it is not waiting, it hangs.
   */
  askedAt?: number | null
}

export interface Stall {
  stage: string
  since: number
  reason: string
}

/** What was seen unfinished, and when, by the same clock. */
export interface Evidence {
  unfinished: readonly Unfinished[]
  at: number
}

/**
 * Where it hangs; null while it makes progress, or has nothing to do. Nothing counts beyond the moment at which it was seen:
 * it may have come to its end since. Of several, what began last: it is inside the others.
 */
export function judgeStall(evidence: readonly Evidence[], intervalMs: number): Stall | null {
  if (intervalMs <= 0) return null
  const hangs = ({ since, askedAt }: Unfinished, at: number) => {
    if (askedAt === undefined) return at - since >= intervalMs
    return askedAt !== null && at - askedAt >= answerWithinMs(intervalMs)
  }
  const hanging = evidence.flatMap(({ unfinished, at }) => unfinished.filter((one) => hangs(one, at)))
  const inner = hanging.toSorted((a, b) => a.since - b.since).at(-1)
  if (!inner) return null
  const { stage, since, reason } = inner
  return { stage, since, reason: reason ?? (inner.askedAt === undefined ? 'it has not come back' : unanswered) }
}

const unanswered = 'it has not come back, and does not answer its signal'

/** How long something that was asked for a sign of life may take to give it. */
export const answerWithinMs = (intervalMs: number): number => Math.min(intervalMs / 4, 5_000)

/** How often to look, so that a verdict comes within twice the interval. */
export const lookEveryMs = (intervalMs: number): number => Math.min(Math.max(intervalMs / 8, 50), 5_000)

/** The interval of a worker, from its properties. */
export const workerStallIntervalMs = (worker: Readonly<Record<string, string>>): number =>
  Number(worker[stallIntervalKey] ?? defaultStallIntervalMs)

/** The interval of one connector; what its config says wrongly is the worker's to say. */
export function stallIntervalOf(config: ConnectorConfig, workerMs: number): number {
  const text = config[stallIntervalKey]?.trim() ?? ''
  return /^\d{1,12}$/.test(text) ? Number(text) : workerMs
}

/** Placeholders of a config are being replaced by what config providers answer. */
export const resolvingStage = 'resolving the config of'

/** @param source `${alias:path:…}` */
export const unansweredSource = (source: string): string => `the config provider has not answered for ${source}`

/** A stage in one word, as programs and lists name it. */
export const stageWord = (stage: string): string => words[stage] ?? stage

const words: Readonly<Record<string, string>> = {
  [resolvingStage]: 'resolve',
  creating: 'start',
  starting: 'start',
  'making the dead letter queue of': 'start',
  'generating task configs for': 'taskConfigs',
  running: 'run',
  polling: 'poll',
  'fetching records for': 'poll',
  'converting records of': 'convert',
  'sending records of': 'send',
  'opening partitions of': 'open',
  'putting records into': 'put',
  flushing: 'flush',
  committing: 'commit',
  'committing offsets of': 'commit',
  'committing a record of': 'commit',
  'closing partitions of': 'close',
  stopping: 'stop',
}
