import type { Clock } from '#server/contract/clock.ts'
import { type TaskId, taskName } from '#server/contract/connector.ts'
import { createTaskRecorder, type RecordMetric } from '#server/observe/task-recorder.ts'
import type { TaskMeasurements } from '#server/runtime/plugin-host.ts'

/** What the tasks of a thread measure, told at a pace of its own: a message a second, however much they do. */
export interface ThreadMetrics {
  /** `end` tells the task's last measurements. */
  of(task: TaskId): { record: RecordMetric; end(): void }
  close(): void
}

const paceMs = 1_000

export function createThreadMetrics(options: { tell(tasks: TaskMeasurements[]): void; clock: Clock }): ThreadMetrics {
  const closing = new AbortController()
  const tasks = new Map<string, { task: TaskId; take: ReturnType<typeof createTaskRecorder>['take'] }>()
  let telling = false

  function tell() {
    const all = [...tasks.values()].map(({ task, take }) => ({ task, measurements: take() }))
    const news = all.filter(({ measurements }) => measurements.length > 0)
    if (news.length > 0) options.tell(news)
  }

  /** Nothing ticks on a thread without tasks. */
  async function keepTelling() {
    if (telling) return
    telling = true
    while (tasks.size > 0 && !closing.signal.aborted) {
      await options.clock.sleep(paceMs, closing.signal)
      tell()
    }
    telling = false
  }

  return {
    of(task) {
      const { record, take } = createTaskRecorder()
      const name = taskName(task)
      const own = { task, take }
      tasks.set(name, own)
      void keepTelling()
      return {
        record,
        end() {
          // Its successor may be here already.
          if (tasks.get(name) !== own) return
          tell()
          tasks.delete(name)
        },
      }
    },
    close: () => closing.abort(),
  }
}
