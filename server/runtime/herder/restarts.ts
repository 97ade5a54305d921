import { type InstanceStatus, type TaskId, taskName } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { isConfigured, targetOf } from '#server/core/config-fold.ts'
import { mergeRestarts, planRestart, type RestartRequest } from '#server/core/restart-plan.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import { type AsLeader, elsewhere } from '#server/runtime/herder/leadership.ts'
import { statusOf } from '#server/runtime/herder/reads.ts'

export interface Restarts extends Pick<Herder, 'restart' | 'restartTask'> {
  /** A restart record was read: every worker restarts its own part. */
  requested(connector: string, request: RestartRequest): void
}

export function createRestarts(context: HerderContext, asLeader: AsLeader): Restarts {
  const { configs, statuses, connectors, tasks, membership, stages } = context
  const pending = new Map<string, RestartRequest>()

  function ensureKnown(connector: string): void {
    if (configs.state.connectors.has(connector)) return
    throw new ConnectError('CONNECTOR_NOT_FOUND', `Unknown connector: ${connector}`)
  }

  /** Where an instance runs that does not run here, as far as this worker knows. */
  async function ownerOf(owns: (member: { connectors: readonly string[]; tasks: readonly TaskId[] }) => boolean) {
    const view = await membership.settled()
    if (!view.isLeader) return elsewhere(view.leaderUrl, view.leaderGone)
    const owner = context.assignment.members().find(({ work }) => owns(work))
    return elsewhere(owner?.url === context.url ? undefined : owner?.url)
  }

  function asked(connector: string, message: string, more: { task?: number } | RestartRequest = {}): void {
    const task = 'task' in more && more.task !== undefined ? { task: more.task } : {}
    const detail = { by: 'person', ...more }
    context.events.write({ connector, ...task, kind: 'restart', level: 'INFO', message, detail })
  }

  async function restartAlone(connector: string): Promise<undefined> {
    ensureKnown(connector)
    if (!connectors.has(connector)) throw await ownerOf((work) => work.connectors.includes(connector))
    asked(connector, `Somebody asked to restart connector ${connector}`)
    const up = await stages.run(`restarting connector ${connector}`, () => connectors.restart(connector))
    if (!up) throw new ConnectError('START_FAILED', `Failed to start connector: ${connector}`)
  }

  function carryOut(connector: string): void {
    const request = pending.get(connector)
    pending.delete(connector)
    if (!request || !configs.state.connectors.has(connector) || !statuses.state.connectors.has(connector)) return
    const status = statusOf(context, connector)
    // What is on its way up already has not failed.
    const due = ({ state }: InstanceStatus) => !request.onlyFailed || state === 'FAILED'
    if (due(status.connector)) void connectors.restart(connector)
    if (!request.includeTasks) return
    for (const task of status.tasks) if (due(task)) void tasks.restart(taskName({ connector, task: task.id }))
  }

  return {
    async restart(connector, request) {
      if (!request.includeTasks && !request.onlyFailed) return restartAlone(connector)
      return asLeader(() =>
        stages.run(`handling restart request for connector ${connector}`, async () => {
          ensureKnown(connector)
          // What failed a moment ago counts as failed.
          await statuses.flush()
          await statuses.readToEnd()
          if (!statuses.state.connectors.has(connector)) {
            throw new ConnectError('STATUS_NOT_FOUND', `Status for connector ${connector} not found`)
          }
          const what = request.onlyFailed ? 'what failed of connector' : 'connector'
          const tasks = request.includeTasks ? ' and its tasks' : ''
          asked(connector, `Somebody asked to restart ${what} ${connector}${tasks}`, request)
          const plan = planRestart(statusOf(context, connector), request)
          await configs.putRestart(connector, request)
          return plan
        }),
      )
    },
    async restartTask(id) {
      ensureKnown(id.connector)
      const name = taskName(id)
      // Kafka still knows the tasks of a stopped connector, but nobody who runs them.
      if (targetOf(configs.state, id.connector) === 'STOPPED') throw elsewhere(undefined)
      if (!isConfigured(configs.state, id)) throw new ConnectError('TASK_NOT_FOUND', `Unknown task: ${name}`)
      if (!tasks.has(name)) throw await ownerOf((work) => work.tasks.some((task) => taskName(task) === name))
      asked(id.connector, `Somebody asked to restart task ${name}`, { task: id.task })
      const up = await stages.run(`restarting task ${name}`, () => tasks.restart(name))
      if (!up) throw new ConnectError('START_FAILED', `Failed to start task: ${name}`)
    },
    requested(connector, request) {
      const waiting = pending.get(connector)
      pending.set(connector, waiting ? mergeRestarts(waiting, request) : request)
      // Requests that were read together are one restart.
      if (!waiting) queueMicrotask(() => carryOut(connector))
    },
  }
}
