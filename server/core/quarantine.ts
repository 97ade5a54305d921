import { type TaskId, taskName } from '#server/contract/connector.ts'

/** A thread that tasks lost, because it answered nothing or died. */
export interface LostThread {
  tasks: readonly TaskId[]
  /**
   * Whose hooks were under way, the one that began last first; undefined stands for somebody who is none of the tasks by
   * now. Whatever spins is among them, and unless it had waited before it is the first.
   */
  underWay: readonly (string | undefined)[]
  /** It was one for tasks that are kept apart. */
  apart: boolean
  /** Threads that were lost in a row in this place. */
  deaths: number
}

/** What becomes of those who ran on a lost thread; each of its tasks is in exactly one list. */
export interface LossVerdict {
  /** It lost a thread that it had for itself: nobody else can be to blame. */
  failed: readonly TaskId[]
  /** Most likely to blame: they get a thread that nobody shares with them. */
  accused: readonly TaskId[]
  /** It might have been one of these: they get threads away from those who cannot be to blame, see `spread`. */
  suspected: readonly TaskId[]
  /** They start again where they were. */
  again: readonly TaskId[]
}

/**
 * I9: what may have cost a thread is not begun again beside what cannot have. A connector's tasks run the same code, so on a
 * shared thread they are accused together; on one of their own they are told from each other.
 */
export function judgeLoss({ tasks, underWay, apart, deaths }: LostThread): LossVerdict {
  const nobody = { failed: [], accused: [], suspected: [], again: [] }
  if (apart && tasks.length === 1 && deaths > 1) return { ...nobody, failed: tasks }
  const byName = new Map(tasks.map((id) => [taskName(id), id]))
  const [first, ...later] = underWay.map((name) => (name === undefined ? undefined : byName.get(name)))
  if (!first) return underWay.length > 0 || deaths < 2 ? { ...nobody, again: tasks } : betweenHooks(tasks)
  const accused = tasks.filter((id) => (apart ? id === first : id.connector === first.connector))
  const suspected = [...new Set(later)].filter((id): id is TaskId => id !== undefined && !accused.includes(id))
  return {
    ...nobody,
    accused,
    suspected,
    again: tasks.filter((id) => !accused.includes(id) && !suspected.includes(id)),
  }
}

/** Suspects for some places, so that few of them lose one more thread: a connector's tasks together where there are several. */
export function spread(suspected: readonly TaskId[], places: number): TaskId[][] {
  const connectors = new Set(suspected.map(({ connector }) => connector))
  const keyOf = (id: TaskId) => (connectors.size > 1 ? id.connector : taskName(id))
  const keys = [...new Set(suspected.map(keyOf))]
  const groups = Array.from({ length: Math.min(places, keys.length) }, (): TaskId[] => [])
  for (const id of suspected) groups[keys.indexOf(keyOf(id)) % groups.length]?.push(id)
  return groups
}

/** Something that no hook began, as a timer of a plugin, took the thread again and again: half of them go elsewhere. */
function betweenHooks(tasks: readonly TaskId[]): LossVerdict {
  if (tasks.length < 2) return { failed: [], accused: tasks, suspected: [], again: [] }
  const half = Math.ceil(tasks.length / 2)
  return { failed: [], accused: [], suspected: tasks.slice(0, half), again: tasks.slice(half) }
}

/** How often somebody was accused, and until when it is kept apart. Times are ms since the epoch. */
export interface Quarantine {
  times: number
  until: number
}

/** How long it is the first time. */
export const firstQuarantineMs = 60_000
const mostMs = 3_600_000

/** `firstMs` for the first time, twice as long for each further one, an hour at most; an hour without a loss ends the count. */
export function quarantined(
  before: Quarantine | undefined,
  at: number,
  firstMs: number = firstQuarantineMs,
): Quarantine {
  const times = before && at - before.until < mostMs ? before.times + 1 : 1
  return { times, until: at + Math.min(firstMs * 2 ** Math.min(times - 1, 30), mostMs) }
}

/** Whether it is to be kept apart at `at`. */
export const isApart = (quarantine: Quarantine | undefined, at: number): boolean =>
  quarantine !== undefined && at < quarantine.until
