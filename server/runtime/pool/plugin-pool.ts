import { availableParallelism } from 'node:os'
import { taskName } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import { firstQuarantineMs as defaultQuarantineMs } from '#server/core/quarantine.ts'
import type { Threshold } from '#server/observe/log-levels.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import { createPackagesToLoad } from '#server/runtime/plugin-path/packages-to-load.ts'
import { createConnectorHooks } from '#server/runtime/pool/connector-hooks.ts'
import { createConnectorSlots } from '#server/runtime/pool/connector-slots.ts'
import type { PluginPoolOptions } from '#server/runtime/pool/pool-options.ts'
import { createPoolSlot, type PoolSlot, type PoolSlotOptions } from '#server/runtime/pool/pool-slot.ts'
import { type PoolThread, startPoolThread } from '#server/runtime/pool/pool-thread.ts'
import { createRecordBudget, defaultRecordBytes } from '#server/runtime/pool/record-budget.ts'
import { asClass, asConnector } from '#server/runtime/pool/stage-board.ts'
import { createTaskSlots } from '#server/runtime/pool/task-slots.ts'
import type { ThreadEvents } from '#server/runtime/pool/thread-call.ts'
import { createTrials } from '#server/runtime/pool/trials.ts'
import { unlessAborted } from '#server/runtime/unless-aborted.ts'

const defaultWatchdogMs = 10_000
const defaultLoadWithinMs = 10_000
const defaultRestAfterMs = 10_000
const closeWithinMs = 5_000
/** Nobody's hooks: what a thread knows of its catalog. */
const atStart = 'the catalog'

/**
 * Runs plugin code on threads of its own (see docs/decisions/0003): tasks are shared out over numbered threads; connectors
 * and `validate` have one that carries no tasks, and previews and connection tests another. A thread that dies or answers
 * nothing is replaced, and what ran on it runs again, apart from the others if it may be to blame (I9, docs/decisions/0013).
 * Opens when a thread has loaded the plugins; rejects with the reason of `signal`, having ended its threads, when that aborts
 * first.
 */
export async function createPluginPool(options: PluginPoolOptions): Promise<PluginHost> {
  const { clock, logger, events } = options
  const watchdogMs = options.watchdogMs ?? defaultWatchdogMs
  const loadWithinMs = options.loadWithinMs ?? defaultLoadWithinMs
  const firstQuarantineMs = options.firstQuarantineMs ?? defaultQuarantineMs
  const count = options.threads && options.threads > 0 ? options.threads : Math.max(2, availableParallelism())
  // As many threads for tasks again may be kept apart, and one may end while its successor starts.
  const budget = createRecordBudget(options.recordBytes || defaultRecordBytes(), 4 * count + 16)
  const toLoad = createPackagesToLoad(options.worker['plugin.path'])
  const logLevels = new Map<string, Threshold>()
  const connectorLogLevels = new Map<string, Threshold>()

  function open(
    name: string,
    own: Partial<ThreadEvents>,
    more: Pick<PoolSlotOptions, 'onLost' | 'deaths'>,
    carriesNoRecords = false,
  ): PoolSlot {
    return createPoolSlot({
      ...more,
      name,
      start(onDeath) {
        const { place, giveBack } = budget.place()
        return startPoolThread({
          entry: options.entry,
          settings: {
            worker: options.worker,
            secrets: options.secrets ?? [],
            name,
            packages: toLoad.all(),
            loadWithinMs,
            logLevels: [...logLevels],
            connectorLogLevels: [...connectorLogLevels],
            handsOffsetsOver: options.offsets.keepsAll,
            budget: place,
          },
          methods: {
            readOffsets: (connector, partitions) => options.offsets.read(connector, partitions),
            writeOffsets: (connector, offsets) => options.offsets.write(connector, offsets),
            ensureCurrent: (task, tasksVersion) => options.ensureCurrent(task, tasksVersion),
          },
          events: {
            connectorState: (connector, state, trace) => events.connectorState(connector, state, trace),
            connectorHook: () => undefined, // told where connectors run
            taskState: (id, state, trace) => events.taskState(id, state, trace),
            reconfigure: (connector) => events.reconfigure(connector),
            configStale: (instance) => events.configStale(instance),
            activeTopic: (id, topic) => events.activeTopic(id, topic),
            recordsLeftOut: (id, count, reason, places) => events.recordsLeftOut(id, count, reason, places),
            measured: (tasks) => events.measured(tasks),
            progress: (tasks) => events.progress(tasks),
            log: (line) => events.log(line),
            ...own,
          },
          clock,
          carriesNoRecords,
          onExit: giveBack,
          onDeath,
        })
      },
      onPackage(folder, problem) {
        toLoad.leaveOut(folder, problem)
        logUnusable(folder, problem)
      },
      watchdogMs,
      loadWithinMs,
      clock,
      logger,
    })
  }

  const unusable = new Set<string>()
  function logUnusable(folder: string, problem: string) {
    if (unusable.has(folder)) return
    unusable.add(folder)
    logger.error(`The plugin package in ${folder} cannot be used: ${problem}`)
  }

  const closing = new AbortController()
  const hooks = createConnectorHooks({ tell: (name, unfinished) => events.connectorProgress(name, unfinished), clock })
  const connectors = createConnectorSlots({
    open(name, { onLost, ...more }) {
      const connectorHook: ThreadEvents['connectorHook'] = (...hook) => hooks.heard(name, ...hook)
      const lost: PoolSlotOptions['onLost'] = (loss) => {
        hooks.lost(name)
        onLost(loss)
      }
      return open(name, { connectorHook }, { ...more, onLost: lost }, true)
    },
    events,
    restAfterMs: options.restAfterMs ?? defaultRestAfterMs,
    closeWithinMs,
    firstQuarantineMs,
    clock,
    logger,
  })
  const trials = createTrials({
    open: (more) => open('trials', {}, more, true),
    restAfterMs: options.restAfterMs ?? defaultRestAfterMs,
    closeWithinMs,
    closing: closing.signal,
    clock,
  })
  const tasks = createTaskSlots({ count, open, events, closeWithinMs, firstQuarantineMs, clock, logger })

  /** Whether the work ended in time; its own failure counts as an end. */
  async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
    const over = new AbortController()
    const ended = work.then(
      () => true,
      (error: unknown) => {
        logger.warn(`A stop failed: ${messageOf(error)}`, { error })
        return true
      },
    )
    const late = clock.sleep(timeoutMs, over.signal).then(() => false)
    const inTime = await Promise.race([ended, late])
    over.abort()
    return inTime
  }

  function tellThreads(tell: (thread: PoolThread) => Promise<void>): void {
    for (const slot of [...connectors.slots(), trials.slot, ...tasks.all()]) {
      const thread = slot.running()
      if (thread) tell(thread).catch(() => undefined) // it ended; the next one is told
    }
  }

  async function close() {
    closing.abort()
    await Promise.all([
      connectors[Symbol.asyncDispose](),
      trials.slot.close(closeWithinMs),
      tasks[Symbol.asyncDispose](),
    ])
  }

  const learn = async () => ({
    definitions: await connectors.ask(atStart, 'definitions'),
    packages: await connectors.ask(atStart, 'packages'),
  })
  const learned = unlessAborted(options.signal ?? closing.signal, learn)
  const { definitions, packages } = await learned.catch(async (error: unknown) => {
    await close()
    throw error
  })
  for (const { folder, problem } of packages) if (problem !== undefined) logUnusable(folder, problem)

  return {
    definitions: () => definitions,
    packages: () =>
      packages.map((one) => {
        const problem = toLoad.problemOf(one.folder)
        return problem === undefined ? one : { ...one, plugins: [], problem }
      }),
    recordMemory: () => ({ held: budget.held(), budget: budget.bytes }),
    validate: (config, facts) => connectors.ask(asClass(config['connector.class'] ?? ''), 'validate', config, facts),
    preview: (request) => trials.ask(request.config['connector.class'] ?? '', 'preview', request),
    testConnection: (config) => trials.ask(config['connector.class'] ?? '', 'testConnection', config),
    startConnector: ({ name, config, target }) => connectors.start(name, { config, target }),
    async stopConnector(name, timeoutMs) {
      const inTime = await within(timeoutMs, connectors.stop(name))
      hooks.abandon(name)
      return inTime ? 'stopped' : 'abandoned'
    },
    setConnectorTarget: (name, target) => connectors.setTarget(name, target),
    taskConfigs: (name) => connectors.ask(asConnector(name), 'taskConfigs', name),
    startTask: (start) => tasks.place(start),
    async stopTask(id, timeoutMs) {
      const slot = tasks.of(id)
      if (!slot) return 'stopped'
      tasks.remove(slot, id)
      const thread = slot.running()
      try {
        if (!thread || (await within(timeoutMs, thread.call('stopTask', id)))) return 'stopped'
        // I7: it writes nothing more once its thread has heard this, or is gone; a stuck one is soon replaced.
        await thread.call('cancelTask', id).catch(() => undefined) // the thread is gone, and with it the task
        return 'cancelled'
      } finally {
        await tasks.retire(slot)
      }
    },
    async setTaskTarget(id, target) {
      const slot = tasks.of(id)
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
    alterOffsets: (pluginClass, ...more) => connectors.ask(asClass(pluginClass), 'alterOffsets', pluginClass, ...more),
    fenceTasks: (connector, config, count) =>
      connectors.ask(asConnector(connector), 'fenceTasks', connector, config, count),
    ownOffsets: (connector, config) => connectors.ask(asConnector(connector), 'ownOffsets', connector, config),
    storeOffsets: (connector, config, offsets) =>
      connectors.ask(asConnector(connector), 'storeOffsets', connector, config, offsets),
    forgetTopic: (connector, topic) => tellThreads((thread) => thread.call('forgetTopic', connector, topic)),
    setLogLevel(name, level) {
      rememberLevel(logLevels, name, level)
      tellThreads((thread) => thread.call('setLogLevel', name, level))
    },
    setConnectorLogLevel(connector, level) {
      if (level === null) connectorLogLevels.delete(connector)
      else connectorLogLevels.set(connector, level)
      tellThreads((thread) => thread.call('setConnectorLogLevel', connector, level))
    },
    [Symbol.asyncDispose]: close,
  }
}

/** What a later level of a logger or of its ancestor overrides need not be told to a new thread. */
function rememberLevel(levels: Map<string, Threshold>, name: string, level: Threshold): void {
  for (const known of [...levels.keys()]) {
    if (name.toLowerCase() === 'root' || known.startsWith(name)) levels.delete(known)
  }
  levels.set(name, level)
}
