import { messageOf, traceOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type ConfigState, isConfigured, taskConfigOf } from '#server/core/config-fold.ts'
import { parseTaskName } from '#server/core/work.ts'
import type { Attempts } from '#server/runtime/events/attempts.ts'
import type { InstanceSteps } from '#server/runtime/herder/instance-set.ts'
import type { StatusReports } from '#server/runtime/herder/status-reports.ts'
import { type PluginHost, withoutNulls } from '#server/runtime/plugin-host.ts'

/** Starts, stops and retargets tasks, and says when they are put down; RUNNING and FAILED are told by the tasks. */
export function createTaskSteps(options: {
  host: PluginHost
  configs: { readonly state: ConfigState }
  reports: StatusReports
  attempts: Pick<Attempts, 'begin'>
  generation(): number
  /**
   * Resolves when nothing that ran with earlier task configs of the connector can write any more, where tasks write with
   * transactions; rejects when that cannot be made sure.
   */
  fence(connector: string, overtaken: AbortSignal): Promise<void>
  /** `task.shutdown.graceful.timeout.ms`; tasks that are put down together stop side by side, so they share it. */
  stopTimeoutMs: number
  logger: Logger
}): InstanceSteps {
  const { host, configs, reports, logger, stopTimeoutMs } = options

  return {
    async start(name, target, overtaken) {
      const id = parseTaskName(name)
      if (!id || !isConfigured(configs.state, id)) return false
      options.attempts.begin(id)
      try {
        await options.fence(id.connector, overtaken)
        // Which may have taken its time: the newest configs are those that were fenced for.
        const taskConfig = taskConfigOf(configs.state, id)
        const connector = configs.state.connectors.get(id.connector)
        if (overtaken.aborted || !taskConfig || !connector) return false
        const { config: connectorConfig, tasksVersion } = connector
        await host.startTask({
          id,
          connectorConfig: withoutNulls(connectorConfig),
          taskConfig: withoutNulls(taskConfig),
          target,
          tasksVersion,
          generation: options.generation(),
        })
        return true
      } catch (error) {
        if (overtaken.aborted) return false
        logger.error(`Task ${name} failed to start: ${messageOf(error)}`, { ...id, error })
        reports.say({ task: id }, 'FAILED', { trace: traceOf(error) })
        return false
      }
    },
    async stop(name, why) {
      const id = parseTaskName(name)
      if (!id) return
      try {
        const outcome = await host.stopTask(id, stopTimeoutMs)
        if (outcome === 'cancelled') {
          logger.warn(`Task ${name} did not stop within ${stopTimeoutMs} ms and was cancelled`, id)
        }
      } catch (error) {
        logger.warn(`Task ${name} failed while it stopped: ${messageOf(error)}`, { ...id, error })
      }
      if (why === 'gone' && !isConfigured(configs.state, id)) reports.forget({ task: id })
      else reports.say({ task: id }, why === 'restart' ? 'RESTARTING' : 'UNASSIGNED')
    },
    async retarget(name, target) {
      const id = parseTaskName(name)
      if (!id) return false
      try {
        await host.setTaskTarget(id, target)
        return true
      } catch (error) {
        logger.error(`Task ${name} could not be set to ${target}: ${messageOf(error)}`, { ...id, error })
        return false
      }
    },
  }
}
