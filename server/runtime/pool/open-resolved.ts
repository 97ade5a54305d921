import { taskName } from '#server/contract/connector.ts'
import type { TaskStart } from '#server/runtime/plugin-host.ts'
import type { BoardDuring } from '#server/runtime/pool/stage-board.ts'
import type { ThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import type { TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'

type OpenTask = (start: TaskStart, events: TaskRunnerEvents) => Promise<TaskRunner>

/** Opens tasks with resolved configs, whose values are kept alive until the task has ended. */
export function openResolved(configs: ThreadConfigs, during: BoardDuring, open: OpenTask): OpenTask {
  return async (start, events) => {
    const over = new AbortController()
    try {
      const raws = [start.connectorConfig, start.taskConfig]
      const { configs: found } = await during(
        `resolving the config of task ${taskName(start.id)}`,
        () => configs.open(raws, { task: start.id }, over.signal),
        taskName(start.id),
      )
      const [connectorConfig = {}, taskConfig = {}] = found
      const runner = await open({ ...start, connectorConfig, taskConfig }, events)
      return { ...runner, run: () => runner.run().finally(() => over.abort()) }
    } catch (error) {
      over.abort()
      throw error
    }
  }
}
