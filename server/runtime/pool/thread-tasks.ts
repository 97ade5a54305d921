import { setImmediate as nextTurn } from 'node:timers/promises'
import { type TaskId, taskName } from '#server/contract/connector.ts'
import { traceOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { TaskStart } from '#server/runtime/plugin-host.ts'
import type { ThreadEvents, ThreadMethods } from '#server/runtime/pool/thread-call.ts'
import type { TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'

type TaskMethods = Pick<ThreadMethods, 'startTask' | 'stopTask' | 'cancelTask' | 'setTaskTarget' | 'forgetTopic'>

export interface ThreadTasks extends TaskMethods {
  /** Stops all of them; resolves when they have ended. */
  stopAll(): Promise<void>
}

/** Makes a task that runs; rejects with the signal's reason where it can give up before there is a runner to be stopped. */
export type OpenHeldTask = (start: TaskStart, events: HeldTaskEvents, stopping: AbortSignal) => Promise<TaskRunner>

export interface HeldTaskEvents extends TaskRunnerEvents {
  /** Whether it is still the task of its name here: nothing is told any more of one that was cancelled (I8). */
  current(): boolean
}

/** One task that was taken; `runner` is missing while its plugin is still being read. */
interface Held {
  start: TaskStart
  runner: TaskRunner | undefined
  /** It is to end, with or without a last commit; said before there is a runner. */
  asked: 'stop' | 'cancel' | undefined
  /** Aborts with that. */
  stopping: AbortController
  /** The topics of which was told that it uses them. */
  topics: Set<string>
  ended: Promise<void>
}

/**
 * The tasks of a thread, at most one of each name (I7). A task is here from the moment it is taken, so that one that hangs
 * while it starts can be stopped; one that was cancelled is forgotten at once, says nothing any more and writes nothing.
 */
export function createThreadTasks(options: {
  open: OpenHeldTask
  tell<E extends 'taskState' | 'activeTopic' | 'recordsLeftOut'>(event: E, ...args: Parameters<ThreadEvents[E]>): void
  logger: Logger
}): ThreadTasks {
  const { tell } = options
  const tasks = new Map<string, Held>()

  async function run(held: Held) {
    const { id } = held.start
    const current = () => tasks.get(taskName(id)) === held
    try {
      // The answer leaves first: from here on plugin code may block the thread.
      await nextTurn()
      const runner = await options.open(
        { ...held.start },
        {
          current,
          state(state) {
            if (current()) tell('taskState', id, state)
          },
          topic(topic) {
            if (held.topics.has(topic) || !current()) return
            held.topics.add(topic)
            tell('activeTopic', id, topic)
          },
          leftOut(count, reason, places) {
            if (current()) tell('recordsLeftOut', id, count, reason, places)
          },
        },
        held.stopping.signal,
      )
      held.runner = runner
      runner.setTarget(held.start.target)
      if (held.asked) runner[held.asked]()
      await runner.run()
    } catch (error) {
      if (!current() || error === stopped) return
      options.logger.error('The task failed', { connector: id.connector, task: id.task, error })
      tell('taskState', id, 'FAILED', traceOf(error))
    } finally {
      if (current()) tasks.delete(taskName(id))
    }
  }

  function end(held: Held | undefined, how: 'stop' | 'cancel') {
    if (!held) return
    held.asked = how
    held.stopping.abort(stopped)
    held.runner?.[how]()
  }

  return {
    async startTask(start) {
      const name = taskName(start.id)
      if (tasks.has(name)) throw new Error(`task ${name} runs already`)
      const held: Held = {
        start,
        runner: undefined,
        asked: undefined,
        stopping: new AbortController(),
        topics: new Set(),
        ended: Promise.resolve(),
      }
      tasks.set(name, held)
      held.ended = run(held)
    },
    async stopTask(id: TaskId) {
      const held = tasks.get(taskName(id))
      end(held, 'stop')
      await held?.ended
    },
    cancelTask(id) {
      end(tasks.get(taskName(id)), 'cancel')
      tasks.delete(taskName(id))
    },
    setTaskTarget(id, target) {
      const held = tasks.get(taskName(id))
      if (!held) return
      held.start = { ...held.start, target }
      held.runner?.setTarget(target)
    },
    forgetTopic(connector, topic) {
      for (const held of tasks.values()) if (held.start.id.connector === connector) held.topics.delete(topic)
    },
    async stopAll() {
      const all = [...tasks.values()]
      for (const held of all) end(held, 'stop')
      await Promise.all(all.map(({ ended }) => ended))
    },
  }
}

const stopped = new Error('the task was stopped before it ran')
