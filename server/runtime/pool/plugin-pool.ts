import { availableParallelism } from 'node:os'
import { type TargetState, type TaskId, taskName } from '#server/contract/connector.ts'
import type { PluginHost, TaskStart } from '#server/runtime/plugin-host.ts'
import type { PluginPoolOptions } from '#server/runtime/pool/pool-options.ts'
import { type PoolThread, startPoolThread } from '#server/runtime/pool/pool-thread.ts'

const defaultWatchdogMs = 10_000
const pingEveryMs = 1_000

/** Task threads are numbered; connectors and `validate` have a thread that carries no tasks. */
interface Slot {
  name: string
  thread: PoolThread | undefined
  tasks: Map<string, TaskStart>
}

/**
 * Runs plugin code on threads of its own (see docs/decisions/0003). A thread that dies or answers nothing is replaced, and
 * what ran on it runs again; the others do not notice (I9).
 */
export async function createPluginPool(options: PluginPoolOptions): Promise<PluginHost> {
  const { clock, logger, events } = options
  const watchdogMs = options.watchdogMs ?? defaultWatchdogMs
  const closing = new AbortController()
  const count = options.threads && options.threads > 0 ? options.threads : Math.max(2, availableParallelism())
  const connectorSlot: Slot = { name: 'connectors', thread: undefined, tasks: new Map() }
  const taskSlots: Slot[] = Array.from({ length: count }, (_, n) => ({
    name: `tasks-${n + 1}`,
    thread: undefined,
    tasks: new Map(),
  }))
  const connectors = new Map<string, { config: Record<string, string>; target: TargetState }>()

  /** Threads start when they are first needed. */
  function threadOf(slot: Slot): PoolThread {
    if (slot.thread) return slot.thread
    const thread = startPoolThread({
      entry: options.entry,
      name: slot.name,
      worker: options.worker,
      methods: { readOffsets: (connector, partitions) => options.offsets.read(connector, partitions) },
      events: {
        connectorState: (name, state, trace) => events.connectorState(name, state, trace),
        taskState(id, state, trace) {
          if (state === 'FAILED') slot.tasks.delete(taskName(id))
          events.taskState(id, state, trace)
        },
        reconfigure: (name) => events.reconfigure(name),
        activeTopic: (id, topic) => events.activeTopic(id, topic),
        log: (line) => events.log(line),
      },
      onDeath: (reason) => replace(slot, thread, reason),
    })
    slot.thread = thread
    void watch(slot, thread)
    return thread
  }

  /** Finds a thread that is blocked or spins: it answers nothing, and no hook of a plugin may take that long unawaited. */
  async function watch(slot: Slot, thread: PoolThread) {
    await thread.call('ping').catch(() => undefined) // loading counts as starting, not as being stuck
    while (!closing.signal.aborted && slot.thread === thread) {
      await clock.sleep(pingEveryMs, closing.signal)
      const patience = new AbortController()
      const silent = clock
        .sleep(watchdogMs, AbortSignal.any([patience.signal, closing.signal]))
        .then(() => !patience.signal.aborted)
      const answered = thread.call('ping').then(
        () => false,
        () => false, // it died, which is told elsewhere
      )
      const stuck = await Promise.race([answered, silent])
      patience.abort()
      if (!stuck || closing.signal.aborted || slot.thread !== thread) continue
      logger.error(
        `Thread ${slot.name} has answered nothing for ${watchdogMs} ms while ${thread.stage()}; it is replaced`,
      )
      await thread.kill()
      return
    }
  }

  function replace(slot: Slot, thread: PoolThread, reason: string) {
    if (slot.thread !== thread) return
    slot.thread = undefined
    if (closing.signal.aborted) return
    logger.error(
      `Thread ${slot.name} ended while ${thread.stage()}; what ran on it starts again on a new one. ${reason}`,
    )
    if (slot === connectorSlot) {
      for (const [name, { config, target }] of connectors) {
        threadOf(slot)
          .call('startConnector', name, config, target)
          .catch((error: Error) => events.connectorState(name, 'FAILED', error.stack))
      }
    }
    for (const start of [...slot.tasks.values()]) {
      threadOf(slot)
        .call('startTask', start)
        .catch((error: Error) => {
          slot.tasks.delete(taskName(start.id))
          events.taskState(start.id, 'FAILED', error.stack)
        })
    }
  }

  const slotOf = (id: TaskId) => taskSlots.find((slot) => slot.tasks.has(taskName(id)))
  const leastLoaded = () => taskSlots.reduce((least, slot) => (slot.tasks.size < least.tasks.size ? slot : least))

  const definitions = await threadOf(connectorSlot).call('definitions')

  return {
    definitions: () => definitions,
    validate: (pluginClass, config) => threadOf(connectorSlot).call('validate', pluginClass, config),
    async startConnector({ name, config, target }) {
      await threadOf(connectorSlot).call('startConnector', name, config, target)
      connectors.set(name, { config, target })
    },
    async stopConnector(name, timeoutMs) {
      connectors.delete(name)
      await within(timeoutMs, threadOf(connectorSlot).call('stopConnector', name))
    },
    async setConnectorTarget(name, target) {
      const known = connectors.get(name)
      if (known) known.target = target
      await threadOf(connectorSlot).call('setConnectorTarget', name, target)
    },
    taskConfigs: (name, max) => threadOf(connectorSlot).call('taskConfigs', name, max),
    async startTask(start) {
      const slot = leastLoaded()
      slot.tasks.set(taskName(start.id), start)
      try {
        await threadOf(slot).call('startTask', start)
      } catch (error) {
        slot.tasks.delete(taskName(start.id))
        throw error
      }
    },
    async stopTask(id, timeoutMs) {
      const slot = slotOf(id)
      if (!slot?.thread) return 'stopped'
      const { thread } = slot
      slot.tasks.delete(taskName(id))
      const inTime = await within(timeoutMs, thread.call('stopTask', id))
      if (inTime) return 'stopped'
      // I7: after this it writes nothing more, whatever it still does.
      void thread.call('cancelTask', id).catch(() => undefined) // the thread is gone, and with it the task
      return 'cancelled'
    },
    async setTaskTarget(id, target) {
      const slot = slotOf(id)
      const start = slot?.tasks.get(taskName(id))
      if (!slot || !start) return
      slot.tasks.set(taskName(id), { ...start, target })
      await threadOf(slot).call('setTaskTarget', id, target)
    },
    alterOffsets: (pluginClass, config, offsets) =>
      threadOf(connectorSlot).call('alterOffsets', pluginClass, config, offsets),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await Promise.all([connectorSlot, ...taskSlots].map((slot) => slot.thread?.close()))
    },
  }

  /** Whether the work ended in time; its own failure counts as an end. */
  async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
    const timer = new AbortController()
    const ended = work.then(
      () => true,
      (error: unknown) => {
        logger.warn('A stop failed', { error })
        return true
      },
    )
    const late = clock.sleep(timeoutMs, timer.signal).then(() => false)
    const outcome = await Promise.race([ended, late])
    timer.abort()
    return outcome
  }
}
