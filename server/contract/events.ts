import type { LogLevel } from '#server/contract/connector.ts'

/** What an entry of the events topic is about. */
export const eventKinds = [
  /** A log line of a connector or task. */
  'log',
  /** A connector or task is in another state; `detail.state` names it. */
  'state',
  /** A connector or task failed; `trace` says why. */
  'failure',
  /** A restart that a policy planned or gave up (`detail.by` is `policy`), or that a person asked for (`person`). */
  'restart',
  /** A connector was created, changed or deleted; `detail` names the keys, never a value. */
  'config',
  /** Somebody asked for another target state: a pause, a resume, a stop. */
  'target',
  /** Somebody changed or reset offsets. */
  'offsets',
  /** The work was shared out anew. */
  'rebalance',
  /** A worker came, went, or was given up. */
  'worker',
  /** A worker is being emptied, or takes work again. */
  'drain',
  /** A connector or task shows no progress; `detail` says in which stage and since when. */
  'stalled',
  /** A connector runs and has no tasks; `detail` says whether it made none or cannot make any. */
  'no-tasks',
  /** Records that a sink cannot put were left out; `detail` says how many, and where the first of them stand. */
  'left-out',
  /** What showed no progress makes it again, or what had no tasks has some. */
  'progress',
  /** A connector logs more or less for a while. */
  'log-level',
  /** Entries that were left out because there were too many; `detail.count` says how many. */
  'dropped',
] as const
export type EventKind = (typeof eventKinds)[number]

/** The most that are answered at once. */
export const mostEvents = 1_000

/** One thing that happened. Its id is its place: partition and offset in the events topic, `0-1234`. */
export interface EventEntry {
  id: string
  /** Milliseconds since the epoch. */
  at: number
  kind: EventKind
  level: LogLevel
  /** The worker that says so, as `host:port`. */
  worker: string
  message: string
  /** Absent where the whole group is concerned. */
  connector?: string
  task?: number
  /** Which start of the task this was about: the first one that is known of is 1, whatever worker it was on. */
  attempt?: number
  logger?: string
  code?: string
  trace?: string
  /** What a program may want to know; plain JSON. */
  detail?: Readonly<Record<string, unknown>>
}

/** What a writer says; when, who and where are added. */
export type NewEvent = Omit<EventEntry, 'id' | 'at' | 'worker'> & { at?: number }

/** Which entries somebody wants; everything that is given has to fit. */
export interface EventFilter {
  connector?: string
  kinds?: readonly EventKind[]
  /** This level and worse. */
  level?: LogLevel
  /** Stands somewhere in the message, the trace or the logger's name, in any letter case. */
  text?: string
  task?: number
  worker?: string
  attempt?: number
  /** Milliseconds since the epoch: not before, and before. */
  since?: number
  until?: number
}

export interface EventQuery extends EventFilter {
  /** At most this many of the newest that fit. */
  limit: number
  /** The `older` of another page: only entries before it. */
  before?: string
}

export interface EventPage {
  /** Oldest first. */
  entries: EventEntry[]
  /** Where to look on for older ones; null when there are none. A page may be short and still have older ones. */
  older: string | null
  /** `topic`: what all workers wrote. `worker`: what the asked worker keeps by itself, because there is no topic. */
  origin: 'topic' | 'worker'
}
