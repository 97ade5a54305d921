import type { TaskGate } from '#server/runtime/task/task-gate.ts'
import type { During, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'

/**
 * The first steps of a task of either kind (Kafka: `WorkerTask.doRun`). One that is paused before it started reports so, and
 * starts when it is resumed; a sink takes no place in its group before. False when it was stopped meanwhile.
 * `prepare` is what has to be done before any code of the task runs.
 */
export async function beginTask(
  gate: TaskGate,
  events: Pick<TaskRunnerEvents, 'state'>,
  during: During,
  task: { start?(): Promise<void> | void },
  prepare?: () => Promise<void>,
): Promise<boolean> {
  if (gate.paused) {
    events.state('PAUSED')
    await gate.resumed()
  }
  if (gate.stopping) return false
  await prepare?.()
  if (gate.stopping) return false
  await during('starting', () => task.start?.())
  if (!gate.stopping) events.state('RUNNING')
  return true
}
