import type { Clock } from '#server/contract/clock.ts'
import { taskName } from '#server/contract/connector.ts'
import { resolvingStage, stallIntervalOf, unansweredSource, workerStallIntervalMs } from '#server/core/stall.ts'
import type { TaskStart } from '#server/runtime/plugin-host.ts'
import type { BoardDuring } from '#server/runtime/pool/stage-board.ts'
import type { ThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import type { ThreadProgress } from '#server/runtime/pool/thread-progress.ts'
import type { HeldTaskEvents, OpenHeldTask } from '#server/runtime/pool/thread-tasks.ts'
import { createTaskProgress } from '#server/runtime/task/task-progress.ts'
import type { TaskRunner } from '#server/runtime/task/task-runner.ts'

/**
 * Opens tasks with resolved configs, whose values are kept alive until the task has ended. A task whose placeholders take long
 * is told of like one that hangs in a hook (I8); it waits for them until it is to stop, and no longer.
 */
export function openResolved(options: {
  configs: Pick<ThreadConfigs, 'open'>
  /** The worker's properties. */
  worker: Readonly<Record<string, string>>
  during: BoardDuring
  watch: ThreadProgress['watch']
  open(start: TaskStart, events: HeldTaskEvents): Promise<TaskRunner>
  clock: Clock
}): OpenHeldTask {
  async function resolve(start: TaskStart, { current }: HeldTaskEvents, ended: AbortSignal) {
    const { id, connectorConfig, taskConfig } = start
    const name = taskName(id)
    const progress = createTaskProgress(options.clock, (stage, hook) =>
      options.during(`${stage} task ${name}`, hook, name),
    )
    const intervalMs = stallIntervalOf(connectorConfig, workerStallIntervalMs(options.worker))
    const unwatch = options.watch({ task: id, progress, intervalMs, current })
    try {
      return await progress.during(resolvingStage, () =>
        options.configs.open([connectorConfig, taskConfig], { task: id }, ended, (source, read) =>
          progress.run(resolvingStage, read, unansweredSource(source)),
        ),
      )
    } finally {
      unwatch()
    }
  }

  return async (start, events, stopping) => {
    const over = new AbortController()
    const giveUp = () => over.abort(stopping.reason)
    stopping.addEventListener('abort', giveUp, { once: true })
    try {
      const { configs: found } = await resolve(start, events, over.signal)
      // From here on its runner is told to stop, and its values live as long as it does.
      stopping.removeEventListener('abort', giveUp)
      const [connectorConfig = {}, taskConfig = {}] = found
      const runner = await options.open({ ...start, connectorConfig, taskConfig }, events)
      return { ...runner, run: () => runner.run().finally(() => over.abort()) }
    } catch (error) {
      over.abort()
      throw error
    }
  }
}
