import type { Clock } from '#server/contract/clock.ts'
import { type ConnectorConfig, taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type ConfigState, taskIds, tasksAreDue } from '#server/core/config-fold.ts'
import { restartPolicyOf } from '#server/core/restart-policy.ts'
import { stallIntervalOf } from '#server/core/stall.ts'
import { wantedConnector, wantedConnectors, wantedTask, wantedTasks } from '#server/core/wanted-work.ts'
import { hasConnector, hasTask, type Work } from '#server/core/work.ts'
import { workerIdOf } from '#server/core/worker-id.ts'
import type { Attempts } from '#server/runtime/events/attempts.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import { createInstanceEvents } from '#server/runtime/events/instance-events.ts'
import { createLeftOutEvents } from '#server/runtime/events/left-out-events.ts'
import { createConnectorSteps } from '#server/runtime/herder/connector-steps.ts'
import type { Instances } from '#server/runtime/herder/host-events.ts'
import { createInstanceSet, type InstanceSet } from '#server/runtime/herder/instance-set.ts'
import { pluginOf } from '#server/runtime/herder/plugins.ts'
import { createRecovery, heardBy, type Recoveries } from '#server/runtime/herder/recovery.ts'
import { createStallWatch, type StallWatch } from '#server/runtime/herder/stall-watch.ts'
import { createStatusReports, type StatusReports } from '#server/runtime/herder/status-reports.ts'
import { createTaskPublisher } from '#server/runtime/herder/task-publisher.ts'
import { createTaskSteps } from '#server/runtime/herder/task-steps.ts'
import { createTasklessWatch, type TasklessWatch } from '#server/runtime/herder/taskless-watch.ts'
import type { WorkerMetrics } from '#server/runtime/metrics/worker-metrics.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import type { Stages } from '#server/runtime/stages.ts'
import type { StatusStore } from '#server/runtime/status-store.ts'
import type { SharedConfig } from '#server/runtime/worker-config.ts'

/** The connectors and tasks of one worker: what starts and stops them, and what is said of them. */
export interface WorkerInstances extends Instances {
  connectors: InstanceSet
  tasks: InstanceSet
  reports: StatusReports
  recoveries: Recoveries
  stalls: StallWatch
  taskless: TasklessWatch
  /** Asks the connectors that are up here for task configs that are due: whoever was to write them may be gone. */
  askWhereDue(): void
}

/** The same for a worker of a group and for one alone: they differ in who decides what a worker holds. */
export function createWorkerInstances(options: {
  config: Pick<SharedConfig, 'topicTracking' | 'taskStopTimeoutMs' | 'restart' | 'stallIntervalMs'>
  /** The address of this worker, by which statuses name it. */
  url: string
  host: PluginHost
  configs: { readonly state: ConfigState }
  statuses: StatusStore
  /** The work that is this worker's. */
  held(): Work
  generation(): number
  metrics: Pick<WorkerMetrics, 'heard' | 'readStalls' | 'readTaskless' | 'readMemory'>
  events: EventWriter
  attempts: Pick<Attempts, 'begin'>
  /** See `createTaskSteps`. */
  fence(connector: string, overtaken: AbortSignal): Promise<void>
  /** Brings new task configs to where they are kept. */
  submitTaskConfigs(connector: string, tasks: ConnectorConfig[]): Promise<void>
  signal: AbortSignal
  clock: Clock
  logger: Logger
  stages: Stages
}): WorkerInstances {
  const { config, host, configs, statuses, held, generation, clock, logger } = options
  const recovery = createRecovery({
    policyOf: (connector) => restartPolicyOf(configs.state.connectors.get(connector)?.config ?? {}, config.restart),
    restart: (instance) =>
      'connector' in instance ? connectors.restart(instance.connector) : tasks.restart(taskName(instance.task)),
    workerId: () => workerIdOf(options.url),
    clock,
    signal: options.signal,
    events: options.events,
    logger,
  })
  const stalls = createStallWatch({
    intervalOf: (connector) =>
      stallIntervalOf(configs.state.connectors.get(connector)?.config ?? {}, config.stallIntervalMs),
    workerId: () => workerIdOf(options.url),
    events: options.events,
    clock,
    signal: options.signal,
    logger,
  })
  const leftOut = createLeftOutEvents({ events: options.events, clock })
  const taskless = createTasklessWatch({
    taskCount: (connector) => taskIds(configs.state, connector).length,
    workerId: () => workerIdOf(options.url),
    events: options.events,
    clock,
    logger,
  })
  options.metrics.readStalls(stalls.current)
  options.metrics.readTaskless(taskless.current)
  options.metrics.readMemory(host.recordMemory)
  const written = createStatusReports({
    statuses,
    workerId: () => workerIdOf(options.url),
    generation,
    holds: (instance) =>
      'connector' in instance ? hasConnector(held(), instance.connector) : hasTask(held(), taskName(instance.task)),
    topicTracking: config.topicTracking.enabled,
    clock,
    logger,
  })
  const reports = [createInstanceEvents(options.events), recovery, stalls, taskless, leftOut, options.metrics].reduce(
    (inner, listener) => heardBy(listener, inner),
    written,
  )
  const versionOf = (connector: string) => {
    const known = configs.state.connectors.get(connector)
    return known && pluginOf(host.definitions(), known.config)?.version
  }
  const publisher = createTaskPublisher({
    host,
    configs,
    owns: (connector) => connectors.has(connector) && !connectors.hasFailed(connector),
    submit: options.submitTaskConfigs,
    onMade(connector, tasks) {
      stalls.makingTasks(connector, null)
      taskless.made(connector, tasks)
    },
    onFailing(connector, reason) {
      stalls.makingTasks(connector, reason)
      taskless.failing(connector, reason)
    },
    onRefused(connector, trace) {
      connectors.noted(connector, 'failed')
      reports.say({ connector }, 'FAILED', { trace, version: versionOf(connector) })
    },
    signal: options.signal,
    clock,
    logger,
    stages: options.stages,
  })
  const shared = { host, configs, reports, generation, logger }
  const connectors = createInstanceSet({
    wanted: () => wantedConnectors(configs.state, held()),
    wantedOf: (name) => wantedConnector(configs.state, held(), name),
    steps: createConnectorSteps({ ...shared, onStarted: (connector) => publisher.request(connector) }),
  })
  const tasks = createInstanceSet({
    wanted: () => wantedTasks(configs.state, held()),
    wantedOf: (name) => wantedTask(configs.state, held(), name),
    steps: createTaskSteps({
      ...shared,
      fence: options.fence,
      attempts: options.attempts,
      stopTimeoutMs: config.taskStopTimeoutMs,
    }),
  })
  return {
    ...{
      connectors,
      tasks,
      reports,
      recoveries: recovery.current,
      stalls,
      taskless,
      leftOut,
      attempts: options.attempts,
      publisher,
      versionOf,
    },
    askWhereDue() {
      for (const connector of held().connectors) {
        const known = configs.state.connectors.get(connector)
        // One that is still on its way up asks by itself.
        if (known && connectors.isUp(connector) && tasksAreDue(known)) publisher.request(connector)
      }
    },
  }
}
