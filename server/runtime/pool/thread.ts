import type { Clock } from '#server/contract/clock.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { createLogLevels, type Threshold } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createScrubber, scrubbed, scrubTexts } from '#server/observe/scrubber.ts'
import type { WorkerOffsets } from '#server/runtime/plugin-host.ts'
import type { PackageOnPath } from '#server/runtime/plugin-path/find-packages.ts'
import { cleanConsole, cleanCrashes } from '#server/runtime/pool/clean-crashes.ts'
import { openResolved } from '#server/runtime/pool/open-resolved.ts'
import { definitionsOf, type PluginCatalog, passwordKeysOf } from '#server/runtime/pool/plugin-definitions.ts'
import type { BudgetPlace } from '#server/runtime/pool/record-budget.ts'
import { asClass, createStageBoard } from '#server/runtime/pool/stage-board.ts'
import type { TaskOpener } from '#server/runtime/pool/task-opener.ts'
import {
  connectThread,
  type MainMethods,
  type MessageEnd,
  type ThreadEvents,
  type ThreadMethods,
} from '#server/runtime/pool/thread-call.ts'
import { createThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import { createThreadConnectors } from '#server/runtime/pool/thread-connectors.ts'
import { createThreadMetrics } from '#server/runtime/pool/thread-metrics.ts'
import { createThreadPlugins } from '#server/runtime/pool/thread-plugins.ts'
import { createThreadProgress } from '#server/runtime/pool/thread-progress.ts'
import { createThreadSources } from '#server/runtime/pool/thread-sources.ts'
import { createThreadTasks } from '#server/runtime/pool/thread-tasks.ts'
import { createThreadValidation } from '#server/runtime/pool/thread-validation.ts'
import type { TrialOptions } from '#server/runtime/preview/previewer.ts'

/** What a thread is started with; it crosses the boundary as `workerData`. */
export interface ThreadSettings {
  /** The worker's properties. */
  worker: Readonly<Record<string, string>>
  /** Values in them that came from config providers. */
  secrets?: readonly string[]
  name: string
  /** Levels that were set before this thread began, in their order. */
  logLevels: readonly (readonly [logger: string, level: Threshold])[]
  /** What counts for lines about these connectors. */
  connectorLogLevels?: readonly (readonly [connector: string, level: Threshold])[]
  /** What is on `plugin.path`. */
  packages: readonly PackageOnPath[]
  /** A package that has not finished loading by then is left out. */
  loadWithinMs: number
  stageBoard: SharedArrayBuffer
  /** Where its tasks write down what they hold in records. */
  budget: BudgetPlace
  /** Offsets of source tasks go to the coordination thread instead of the offsets topic. */
  handsOffsetsOver?: boolean
}

/**
 * The inside of a pool thread: runs connectors, tasks and their hooks, and owns the connections to Kafka that they share.
 * The coordination thread only ever talks to it through messages.
 */
export function runPoolThread(port: MessageEnd, settings: ThreadSettings, catalog: PluginCatalog, clock: Clock): void {
  const { worker } = settings
  const { during } = createStageBoard(settings.stageBoard)
  const levels = createLogLevels({ root: 'INFO', clock })
  for (const [name, level] of settings.logLevels) levels.set(name, level)
  for (const [connector, level] of settings.connectorLogLevels ?? []) levels.setFor(connector, level)
  // S-09: nothing that came from a config provider, and no secret of a config, leaves the thread in a text.
  const scrubber = createScrubber()
  for (const secret of settings.secrets ?? []) scrubber.add(secret)
  cleanCrashes(scrubber.scrub)
  cleanConsole(scrubber.scrub)
  const sink = scrubbed(scrubber, (line) => main.tell('log', line))
  const logger = createLogger({ name: 'sluice', levels, clock, sink })
  const plugins = createThreadPlugins(catalog)
  /** What comes after an instance and its state is a trace; a name is told as it is, even if it is somebody's secret. */
  const tell: typeof main.tell = (event, ...[instance, state, ...traces]) => {
    const clean = traces.map((trace) => (typeof trace === 'string' ? scrubber.scrub(trace) : trace))
    main.tell(event, ...([instance, state, ...clean] as Parameters<ThreadEvents[typeof event]>))
  }
  const configs = createThreadConfigs({
    providers: catalog.providers,
    worker,
    scrubber,
    isPassword: passwordKeysOf(catalog),
    onStale: (instance) => tell('configStale', instance),
    clock,
    logger,
  })
  const workerOffsets: WorkerOffsets = {
    keepsAll: settings.handsOffsetsOver ?? false,
    read: (connector, partitions) => main.call('readOffsets', connector, partitions),
    write: (connector, offsets) => main.call('writeOffsets', connector, offsets),
  }
  const metrics = createThreadMetrics({ tell: (tasks) => tell('measured', tasks), clock })
  const progress = createThreadProgress({
    tell: (tasks) => main.tell('progress', tasks),
    clean: scrubber.scrub,
    clock,
  })
  const clientId = `sluice-${worker['group.id'] ?? ''}-${settings.name}`
  let opener: Promise<TaskOpener> | undefined
  /** What a task runs on is loaded with the first one: the thread of the connectors never has any. */
  const openers = () => {
    opener ??= import('#server/runtime/pool/task-opener.ts').then(({ createTaskOpener }) =>
      createTaskOpener({
        plugins,
        clientId,
        budget: settings.budget,
        worker,
        workerOffsets,
        ensureCurrent: (task, tasksVersion) => main.call('ensureCurrent', task, tasksVersion),
        during,
        metrics,
        watch: progress.watch,
        clean: scrubber.scrub,
        clock,
        logger,
      }),
    )
    return opener
  }
  const tasks = createThreadTasks({
    open: openResolved({
      configs,
      worker,
      during,
      watch: progress.watch,
      open: async (start, events) => (await openers()).open(start, events),
      clock,
    }),
    tell,
    logger,
  })

  const trialOf = (config: ConnectorConfig): TrialOptions => {
    const who = asClass(config['connector.class'] ?? '')
    return {
      ...{ plugins, configs, worker, clientId, clock, logger },
      during: (stage, hook) => during(stage, hook, who),
    }
  }
  const methods: ThreadMethods = {
    ...createThreadConnectors({ plugins, configs, tell, during, logger }),
    ...tasks,
    ...createThreadSources({ configs, access: async () => (await openers()).access(), during }),
    definitions: () => definitionsOf(catalog),
    packages: () => [...(catalog.packages ?? [])],
    validate: createThreadValidation({ catalog, plugins, configs, during, scrub: scrubber.scrub }),
    async preview(request) {
      const { preview } = await import('#server/runtime/preview/previewer.ts')
      return scrubTexts(await preview(trialOf(request.config), request), scrubber.scrub)
    },
    async testConnection(config) {
      const { testConnection } = await import('#server/runtime/connection-test/test-connection.ts')
      return scrubTexts(await testConnection(trialOf(config), config), scrubber.scrub)
    },
    setLogLevel: (name, level) => void levels.set(name, level),
    setConnectorLogLevel: (connector, level) => levels.setFor(connector, level),
    ping: () => undefined,
    async close() {
      await tasks.stopAll()
      metrics.close()
      progress.close()
      await (await opener)?.[Symbol.asyncDispose]()
      await configs[Symbol.asyncDispose]()
    },
  }
  const main = connectThread<MainMethods, ThreadEvents>(port, { methods, clean: scrubber.scrub })
}
