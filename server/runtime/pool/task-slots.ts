import type { Clock } from '#server/contract/clock.ts'
import { type TaskId, taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { isApart, judgeLoss, type Quarantine, quarantined, spread } from '#server/core/quarantine.ts'
import type { PluginHostEvents, TaskStart } from '#server/runtime/plugin-host.ts'
import type { PoolSlot, PoolSlotOptions, SlotLoss } from '#server/runtime/pool/pool-slot.ts'
import type { ThreadEvents } from '#server/runtime/pool/thread-call.ts'

/** A place for tasks, and those that belong there, whether its thread is alive or being replaced. */
export interface TaskSlot extends Pick<PoolSlot, 'name' | 'running'> {
  readonly tasks: Map<string, TaskStart>
}

interface Place extends PoolSlot, TaskSlot {
  /** For tasks that are kept away from others: until then without another loss. It is closed with its last task. */
  apartUntil: number | undefined
  /** Aborts when it is being given up, and takes no more tasks. */
  leaving: AbortController
}

/**
 * Shares tasks out over threads and starts them again when a thread is lost. I9: what may have cost the thread is begun again
 * on a thread apart from the others (see `core/quarantine.ts`), and comes back when it has been calm for long enough.
 */
export interface TaskSlots extends AsyncDisposable {
  all(): readonly TaskSlot[]
  of(id: TaskId): TaskSlot | undefined
  /** Resolves when a thread took the task, or when it waits for one of those that are kept apart. */
  place(start: TaskStart): Promise<void>
  /** The task belongs nowhere any more: it is not started again, and what it says is no news (I8). */
  remove(slot: TaskSlot, id: TaskId): void
  /** A place apart is given up with its last task. */
  retire(slot: TaskSlot): Promise<void>
}

/** A thread that spins takes a core for as long as the watchdog lets it: those apart may not crowd out the others. */
const leastApart = 4

export function createTaskSlots(options: {
  count: number
  open(name: string, own: Partial<ThreadEvents>, more: Pick<PoolSlotOptions, 'onLost' | 'deaths'>): PoolSlot
  events: Pick<PluginHostEvents, 'taskState'>
  closeWithinMs: number
  /** See `quarantined`. */
  firstQuarantineMs: number
  clock: Clock
  logger: Logger
}): TaskSlots {
  const { count, events, closeWithinMs, firstQuarantineMs, clock, logger } = options
  const closing = new AbortController()
  const mostApart = Math.max(leastApart, count)
  const places: Place[] = []
  const waiting: TaskSlot = { name: 'none', running: () => undefined, tasks: new Map() }
  /** By connector. */
  const quarantines = new Map<string, Quarantine>()
  let opened = 0

  const placesApart = () => places.filter(({ apartUntil }) => apartUntil !== undefined)
  const room = () => mostApart - placesApart().length

  function openPlace(starts: readonly TaskStart[], apart: boolean): Place {
    const tasks = new Map(starts.map((start) => [taskName(start.id), start]))
    const own: Partial<ThreadEvents> = {
      taskState(id, state, trace) {
        if (!tasks.has(taskName(id))) return
        events.taskState(id, state, trace)
        if (state !== 'FAILED') return
        tasks.delete(taskName(id))
        void retire(place)
      },
    }
    const onLost = (loss: SlotLoss) => startAgain(place, loss)
    const slot = options.open(`tasks-${++opened}`, own, { onLost, deaths: apart ? 1 : 0 })
    const place: Place = { ...slot, tasks, apartUntil: undefined, leaving: new AbortController() }
    places.push(place)
    if (apart) {
      keepApart(place)
      void releaseWhenCalm(place)
    }
    return place
  }

  function keepApart(place: Place) {
    const shortest = quarantined(undefined, clock.monotonic(), firstQuarantineMs).until
    const ends = [...place.tasks.values()].map(({ id }) => quarantines.get(id.connector)?.until ?? 0)
    place.apartUntil = Math.max(shortest, ...ends)
  }

  /** I8: nothing is RUNNING without a thread. */
  function startAgain(place: Place, { deaths, reason, underWay }: SlotLoss) {
    const trace = `Error: ${reason}`
    const { failed, accused, suspected, again } = judgeLoss({
      tasks: [...place.tasks.values()].map(({ id }) => id),
      underWay: underWay(place.tasks.keys()),
      apart: place.apartUntil !== undefined,
      deaths,
    })
    for (const { connector } of new Map([...failed, ...accused].map((id) => [id.connector, id])).values()) {
      quarantines.set(connector, quarantined(quarantines.get(connector), clock.monotonic(), firstQuarantineMs))
    }
    for (const id of failed) {
      place.tasks.delete(taskName(id))
      events.taskState(id, 'FAILED', trace)
    }
    for (const id of [...accused, ...suspected, ...again]) events.taskState(id, 'RESTARTING', trace)
    if (accused.length > 0) moveApart(place, accused, trace)
    // Where there is no room those that are only suspected stay: nobody waits who is not to blame.
    for (const group of spread(suspected, Math.max(0, room()))) moveApart(place, group, trace)
    if (place.apartUntil !== undefined) keepApart(place)
    startAll(place)
    void retire(place)
  }

  function moveApart(from: Place, ids: readonly TaskId[], trace: string) {
    const starts = ids.map((id) => from.tasks.get(taskName(id))).filter((start) => start !== undefined)
    for (const id of ids) from.tasks.delete(taskName(id))
    if (room() <= 0) {
      for (const start of starts) wait(start, `${trace} `)
      return
    }
    const place = openPlace(starts, true)
    logger.warn(`${ids.map(taskName).join(', ')} moved from thread ${from.name} to ${place.name}`)
    startAll(place)
  }

  function wait(start: TaskStart, why: string) {
    waiting.tasks.set(taskName(start.id), start)
    events.taskState(start.id, 'RESTARTING', `${why}It waits for one of the ${mostApart} threads for what got stuck.`)
  }

  function startAll(place: Place) {
    if (closing.signal.aborted) return
    for (const start of place.tasks.values()) startHere(place, start)
  }

  function startHere(place: Place, start: TaskStart) {
    handOver(place, start).catch((error: Error) => events.taskState(start.id, 'FAILED', error.stack))
  }

  /** A thread that dies first leaves the task to its successor. */
  async function handOver(place: Place, start: TaskStart) {
    const thread = place.thread()
    try {
      await thread.call('startTask', start)
    } catch (error) {
      if (thread.over) return
      place.tasks.delete(taskName(start.id))
      throw error
    }
  }

  async function releaseWhenCalm(place: Place) {
    const signal = AbortSignal.any([closing.signal, place.leaving.signal])
    for (let leftMs = 1; leftMs > 0; leftMs = (place.apartUntil ?? 0) - clock.monotonic()) {
      await clock.sleep(leftMs, signal)
      if (signal.aborted) return
    }
    logger.info(`${[...place.tasks.keys()].join(', ')} moves from thread ${place.name} back to the others`)
    await giveUp(place)
    for (const start of place.tasks.values()) {
      const next = leastLoaded()
      next.tasks.set(taskName(start.id), start)
      startHere(next, start)
    }
  }

  /** Those of its tasks that are still to run are in `tasks` afterwards, and no longer on a thread. */
  async function giveUp(place: Place) {
    place.leaving.abort()
    await place.close(closeWithinMs)
    places.splice(places.indexOf(place), 1)
    admit()
  }

  function admit() {
    const [first] = waiting.tasks.values()
    if (!first || closing.signal.aborted || room() <= 0) return
    const starts = [...waiting.tasks.values()].filter(({ id }) => id.connector === first.id.connector)
    for (const { id } of starts) waiting.tasks.delete(taskName(id))
    startAll(openPlace(starts, true))
  }

  async function retire(slot: TaskSlot) {
    const place = places.find((one) => one === slot)
    if (place?.apartUntil !== undefined && place.tasks.size === 0 && !place.leaving.signal.aborted) await giveUp(place)
  }

  const leastLoaded = () =>
    places
      .filter(({ apartUntil }) => apartUntil === undefined)
      .reduce((least, place) => (place.tasks.size < least.tasks.size ? place : least))

  /** The place for a connector that is kept apart; undefined: it has to wait. */
  function placeApart(connector: string): Place | undefined {
    const own = placesApart().find(
      ({ tasks, leaving }) =>
        !leaving.signal.aborted && tasks.size > 0 && [...tasks.values()].every(({ id }) => id.connector === connector),
    )
    return own ?? (room() > 0 ? openPlace([], true) : undefined)
  }

  for (let n = 0; n < count; n++) openPlace([], false)

  return {
    all: () => places,
    of: (id) => [...places, waiting].find(({ tasks }) => tasks.has(taskName(id))),
    async place(start) {
      const { connector } = start.id
      const place = isApart(quarantines.get(connector), clock.monotonic()) ? placeApart(connector) : leastLoaded()
      if (!place) return wait(start, 'Error: A task of the connector cost a thread a short while ago. ')
      place.tasks.set(taskName(start.id), start)
      await handOver(place, start)
    },
    remove: (slot, id) => void slot.tasks.delete(taskName(id)),
    retire,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await Promise.all(places.map((place) => place.close(closeWithinMs)))
    },
  }
}
