import { type TaskId, taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { LogLevels } from '#server/observe/log-levels.ts'
import type { LogSink } from '#server/observe/log-record.ts'
import type { Attempts } from '#server/runtime/events/attempts.ts'
import { causeOf, idOf, nameOf } from '#server/runtime/events/instance-events.ts'
import type { LeftOutEvents } from '#server/runtime/events/left-out-events.ts'
import type { InstanceSet } from '#server/runtime/herder/instance-set.ts'
import type { StallWatch } from '#server/runtime/herder/stall-watch.ts'
import type { StatusReports } from '#server/runtime/herder/status-reports.ts'
import type { TaskPublisher } from '#server/runtime/herder/task-publisher.ts'
import type { WorkerMetrics } from '#server/runtime/metrics/worker-metrics.ts'
import type { PluginHostEvents } from '#server/runtime/plugin-host.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/** Where it is remembered what the instances of this worker do. */
export interface Instances {
  connectors: Pick<InstanceSet, 'has' | 'noted' | 'restart'>
  tasks: Pick<InstanceSet, 'has' | 'noted' | 'restart'>
  reports: Pick<StatusReports, 'say' | 'usesTopic'>
  publisher: TaskPublisher
  attempts: Pick<Attempts, 'begin'>
  stalls: Pick<StallWatch, 'progress' | 'connectorProgress'>
  leftOut: Pick<LeftOutEvents, 'leftOut'>
  /** The version of a connector's plugin, which statuses show. */
  versionOf(connector: string): string | undefined
}

/** Brings what pool threads say to where it is remembered; before there are instances only log lines come. */
export function createHostEvents(options: {
  instances(): Instances | undefined
  metrics: Pick<WorkerMetrics, 'measured'>
  levels: LogLevels
  sink: LogSink
  logger: Logger
}): PluginHostEvents {
  const { levels, sink, logger } = options

  /** Nobody asked for it, and it may be a neighbour's fault: its own log says why, too. */
  function startsAgain(instance: Instance, trace: string | undefined): void {
    const why = trace === undefined ? '' : `: ${causeOf(trace)}`
    logger.warn(`${nameOf(instance)} starts again${why}`, idOf(instance))
  }

  return {
    connectorState(connector, state, trace) {
      const to = options.instances()
      // I8: the last words of something that was put down meanwhile are no news.
      if (!to?.connectors.has(connector)) return
      if (state === 'FAILED') logger.error(`Connector ${connector} failed`, { connector })
      if (state === 'RESTARTING') startsAgain({ connector }, trace)
      else to.connectors.noted(connector, state === 'FAILED' ? 'failed' : 'up')
      to.reports.say({ connector }, state, { version: to.versionOf(connector), trace })
    },
    connectorProgress(connector, unfinished) {
      const to = options.instances()
      if (to?.connectors.has(connector)) to.stalls.connectorProgress(connector, unfinished)
    },
    taskState(task: TaskId, state, trace) {
      const to = options.instances()
      const name = taskName(task)
      if (!to?.tasks.has(name)) return
      // The pool starts it again by itself.
      if (state === 'RESTARTING') {
        startsAgain({ task }, trace)
        to.attempts.begin(task)
      } else to.tasks.noted(name, state === 'FAILED' ? 'failed' : 'up')
      to.reports.say({ task }, state, { version: to.versionOf(task.connector), trace })
    },
    reconfigure: (connector) => options.instances()?.publisher.request(connector),
    configStale(instance) {
      const to = options.instances()
      if ('task' in instance) void to?.tasks.restart(taskName(instance.task))
      else void to?.connectors.restart(instance.connector)
    },
    measured(tasks) {
      for (const { task, measurements } of tasks) {
        if (options.instances()?.tasks.has(taskName(task))) options.metrics.measured(task, measurements)
      }
    },
    progress(tasks) {
      const to = options.instances()
      to?.stalls.progress(tasks.filter(({ task }) => to.tasks.has(taskName(task))))
    },
    recordsLeftOut(task, count, reason, places) {
      const to = options.instances()
      if (to?.tasks.has(taskName(task))) to.leftOut.leftOut(task, count, reason, places)
    },
    activeTopic: (id, topic) => options.instances()?.reports.usesTopic(id, topic),
    log(line) {
      levels.register(line.logger)
      if (levels.enabled(line.logger, line.level, line.connector)) sink(line)
    },
  }
}
