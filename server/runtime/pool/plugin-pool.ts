import { availableParallelism } from 'node:os'
import { type TargetState, taskName } from '#server/contract/connector.ts'
import type { Threshold } from '#server/observe/log-levels.ts'
import type { PluginHost, TaskStart } from '#server/runtime/plugin-host.ts'
import type { PluginPoolOptions } from '#server/runtime/pool/pool-options.ts'
import { createPoolSlot, type PoolSlot } from '#server/runtime/pool/pool-slot.ts'
import { startPoolThread } from '#server/runtime/pool/pool-thread.ts'
import type { ThreadEvents } from '#server/runtime/pool/thread-call.ts'

const defaultWatchdogMs = 10_000
const closeWithinMs = 5_000

/** A place for tasks, and those that belong there, whether its thread is alive or being replaced. */
interface TaskSlot extends PoolSlot {
  tasks: Map<string, TaskStart>
}

/**
 * Runs plugin code on threads of its own (see docs/decisions/0003): tasks are shared out over numbered threads; connectors
 * and `validate` have one that carries no tasks. A thread that dies or answers nothing is replaced, and what ran on it runs
 * again; the others do not notice (I9).
 */
export async function createPluginPool(options: PluginPoolOptions): Promise<PluginHost> {
  const { clock, logger, events } = options
  const watchdogMs = options.watchdogMs ?? defaultWatchdogMs
  const count = options.threads && options.threads > 0 ? options.threads : Math.max(2, availableParallelism())
  const connectors = new Map<string, { config: Record<string, string>; target: TargetState }>()
  const logLevels = new Map<string, Threshold>()

  function openSlot(name: string, own: Partial<ThreadEvents>, onLost: () => void): PoolSlot {
    return createPoolSlot({
      name,
      start: (onDeath) =>
        startPoolThread({
          entry: options.entry,
          settings: { worker: options.worker, name, logLevels: [...logLevels] },
          methods: { readOffsets: (connector, partitions) => options.offsets.read(connector, partitions) },
          events: {
            connectorState: (connector, state, trace) => events.connectorState(connector, state, trace),
            taskState: (id, state, trace) => events.taskState(id, state, trace),
            reconfigure: (connector) => events.reconfigure(connector),
            activeTopic: (id, topic) => events.activeTopic(id, topic),
            log: (line) => events.log(line),
            ...own,
          },
          clock,
          onDeath,
        }),
      onLost,
      watchdogMs,
      clock,
      logger,
    })
  }

  function openTaskSlot(name: string): TaskSlot {
    const tasks = new Map<string, TaskStart>()
    const own: Partial<ThreadEvents> = {
      taskState(id, state, trace) {
        // I8: the last words of a task that is being put down are no news.
        if (!tasks.has(taskName(id))) return
        if (state === 'FAILED') tasks.delete(taskName(id))
        events.taskState(id, state, trace)
      },
    }
    const slot: TaskSlot = Object.assign(
      openSlot(name, own, () => {
        for (const start of [...tasks.values()])
          void handOver(slot, start).catch((error: Error) => failed(start, error))
      }),
      { tasks },
    )
    return slot
  }

  const failed = ({ id }: TaskStart, error: Error) => events.taskState(id, 'FAILED', error.stack)

  /** Resolves when a thread took the task. One that dies first leaves the task to its successor. */
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

  async function startConnectorAgain(name: string, config: Record<string, string>, target: TargetState) {
    try {
      await connectorSlot.thread().call('startConnector', name, config, target)
      if (connectors.has(name)) events.connectorState(name, target === 'STARTED' ? 'RUNNING' : target)
    } catch (error) {
      if (connectors.has(name)) events.connectorState(name, 'FAILED', (error as Error).stack)
    }
  }

  const connectorSlot = openSlot('connectors', {}, () => {
    for (const [name, { config, target }] of connectors) void startConnectorAgain(name, config, target)
  })
  const taskSlots = Array.from({ length: count }, (_, n) => openTaskSlot(`tasks-${n + 1}`))
  const slots: readonly PoolSlot[] = [connectorSlot, ...taskSlots]
  const slotOf = (name: string) => taskSlots.find((slot) => slot.tasks.has(name))
  const leastLoaded = () => taskSlots.reduce((least, slot) => (slot.tasks.size < least.tasks.size ? slot : least))

  /** Whether the work ended in time; its own failure counts as an end. */
  async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
    const over = new AbortController()
    const ended = work.then(
      () => true,
      (error: unknown) => {
        logger.warn('A stop failed', { error })
        return true
      },
    )
    const late = clock.sleep(timeoutMs, over.signal).then(() => false)
    const inTime = await Promise.race([ended, late])
    over.abort()
    return inTime
  }

  const definitions = await connectorSlot.thread().call('definitions')

  return {
    definitions: () => definitions,
    validate: (pluginClass, config) => connectorSlot.thread().call('validate', pluginClass, config),
    async startConnector({ name, config, target }) {
      await connectorSlot.thread().call('startConnector', name, config, target)
      connectors.set(name, { config, target })
    },
    async stopConnector(name, timeoutMs) {
      connectors.delete(name)
      await within(timeoutMs, connectorSlot.thread().call('stopConnector', name))
    },
    async setConnectorTarget(name, target) {
      const known = connectors.get(name)
      if (known) known.target = target
      await connectorSlot.thread().call('setConnectorTarget', name, target)
    },
    taskConfigs: (name, max) => connectorSlot.thread().call('taskConfigs', name, max),
    async startTask(start) {
      const slot = leastLoaded()
      slot.tasks.set(taskName(start.id), start)
      await handOver(slot, start)
    },
    async stopTask(id, timeoutMs) {
      const slot = slotOf(taskName(id))
      slot?.tasks.delete(taskName(id))
      const thread = slot?.running()
      if (!thread) return 'stopped'
      if (await within(timeoutMs, thread.call('stopTask', id))) return 'stopped'
      // I7: it writes nothing more once its thread has heard this, or is gone; a stuck one is soon replaced.
      await thread.call('cancelTask', id).catch(() => undefined) // the thread is gone, and with it the task
      return 'cancelled'
    },
    async setTaskTarget(id, target) {
      const slot = slotOf(taskName(id))
      const start = slot?.tasks.get(taskName(id))
      if (!slot || !start) return
      slot.tasks.set(taskName(id), { ...start, target })
      const thread = slot.running()
      try {
        await thread?.call('setTaskTarget', id, target)
      } catch (error) {
        // Without a thread the next one starts the task with this target.
        if (!thread?.over) throw error
      }
    },
    alterOffsets: (pluginClass, config, offsets) =>
      connectorSlot.thread().call('alterOffsets', pluginClass, config, offsets),
    setLogLevel(name, level) {
      rememberLevel(logLevels, name, level)
      for (const slot of slots)
        slot
          .running()
          ?.call('setLogLevel', name, level)
          .catch(() => undefined) // it ended
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(slots.map((slot) => slot.close(closeWithinMs)))
    },
  }
}

/** What a later level of a logger or of its ancestor overrides need not be told to a new thread. */
function rememberLevel(levels: Map<string, Threshold>, name: string, level: Threshold): void {
  for (const known of [...levels.keys()]) {
    if (name.toLowerCase() === 'root' || known.startsWith(name)) levels.delete(known)
  }
  levels.set(name, level)
}
