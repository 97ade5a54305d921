import { type TaskId, taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { PluginHostEvents, TaskStart } from '#server/runtime/plugin-host.ts'
import type { PoolSlot, PoolSlotOptions } from '#server/runtime/pool/pool-slot.ts'
import type { ThreadEvents } from '#server/runtime/pool/thread-call.ts'

/** A place for tasks, and those that belong there, whether its thread is alive or being replaced. */
export interface TaskSlot extends PoolSlot {
  readonly tasks: Map<string, TaskStart>
  /** Opened to keep tasks apart; closed with its last one. */
  readonly extra: boolean
}

/**
 * Shares tasks out over threads and starts them again when a thread is lost. A thread that is lost twice in a row is split:
 * half of its tasks get one of their own, until the task that is to blame is alone and troubles nobody else (I9).
 */
export interface TaskSlots extends AsyncDisposable {
  all(): readonly TaskSlot[]
  of(id: TaskId): TaskSlot | undefined
  /** Resolves when a thread took the task. */
  place(start: TaskStart): Promise<void>
  /** The task belongs nowhere any more: it is not started again, and what it says is no news (I8). */
  remove(slot: TaskSlot, id: TaskId): void
  /** A place that was opened for one task is given up without it. */
  retire(slot: TaskSlot): Promise<void>
}

export function createTaskSlots(options: {
  count: number
  open(name: string, own: Partial<ThreadEvents>, more: Pick<PoolSlotOptions, 'onLost' | 'deaths'>): PoolSlot
  events: Pick<PluginHostEvents, 'taskState'>
  closeWithinMs: number
  logger: Logger
}): TaskSlots {
  const { events, closeWithinMs, logger } = options
  const closing = new AbortController()
  const slots: TaskSlot[] = []
  let opened = 0

  function openSlot(starts: readonly TaskStart[] = [], deaths = 0): TaskSlot {
    const tasks = new Map(starts.map((start) => [taskName(start.id), start]))
    const own: Partial<ThreadEvents> = {
      taskState(id, state, trace) {
        if (!tasks.has(taskName(id))) return
        events.taskState(id, state, trace)
        if (state !== 'FAILED') return
        tasks.delete(taskName(id))
        void retire(slot)
      },
    }
    const onLost: PoolSlotOptions['onLost'] = (loss) => startAgain(slot, loss)
    const place = options.open(`tasks-${++opened}`, own, { onLost, deaths })
    const slot: TaskSlot = { ...place, tasks, extra: opened > options.count }
    slots.push(slot)
    return slot
  }

  /** I8: nothing is RUNNING without a thread; what loses one again and again, alone, has failed. */
  function startAgain(slot: TaskSlot, { deaths, reason }: { deaths: number; reason: string }) {
    const trace = `Error: ${reason}`
    const [only] = slot.tasks.values()
    if (only && deaths > 1 && slot.tasks.size === 1) {
      slot.tasks.delete(taskName(only.id))
      events.taskState(only.id, 'FAILED', trace)
      void retire(slot)
      return
    }
    for (const { id } of slot.tasks.values()) events.taskState(id, 'RESTARTING', trace)
    if (deaths > 1) split(slot, deaths)
    else startAll(slot)
  }

  function split(slot: TaskSlot, deaths: number) {
    const starts = [...slot.tasks.values()]
    const half = starts.slice(0, Math.ceil(starts.length / 2))
    for (const { id } of half) slot.tasks.delete(taskName(id))
    const apart = openSlot(half, deaths)
    logger.warn(`${half.map(({ id }) => taskName(id)).join(', ')} moved from thread ${slot.name} to ${apart.name}`)
    startAll(slot)
    startAll(apart)
  }

  function startAll(slot: TaskSlot) {
    if (closing.signal.aborted) return
    for (const start of [...slot.tasks.values()]) {
      handOver(slot, start).catch((error: Error) => events.taskState(start.id, 'FAILED', error.stack))
    }
  }

  /** A thread that dies first leaves the task to its successor. */
  async function handOver(slot: TaskSlot, start: TaskStart) {
    const thread = slot.thread()
    try {
      await thread.call('startTask', start)
    } catch (error) {
      if (thread.over) return
      slot.tasks.delete(taskName(start.id))
      throw error
    }
  }

  async function retire(slot: TaskSlot) {
    if (!slot.extra || slot.tasks.size > 0 || !slots.includes(slot)) return
    slots.splice(slots.indexOf(slot), 1)
    await slot.close(closeWithinMs)
  }

  const leastLoaded = () =>
    slots.filter(({ extra }) => !extra).reduce((least, slot) => (slot.tasks.size < least.tasks.size ? slot : least))

  for (let n = 0; n < options.count; n++) openSlot()

  return {
    all: () => slots,
    of: (id) => slots.find(({ tasks }) => tasks.has(taskName(id))),
    place(start) {
      const slot = leastLoaded()
      slot.tasks.set(taskName(start.id), start)
      return handOver(slot, start)
    },
    remove: (slot, id) => void slot.tasks.delete(taskName(id)),
    retire,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await Promise.all(slots.map((slot) => slot.close(closeWithinMs)))
    },
  }
}
