import { expect, test } from 'vitest'
import type { TopicUse } from '#server/core/status-record.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import type { LogRecord } from '#server/observe/log-record.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createStatusReports } from '#server/runtime/herder/status-reports.ts'
import type { StatusStore } from '#server/runtime/status-store.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

function reportsFor({ topicTracking = true } = {}) {
  const written: unknown[] = []
  const forced: unknown[] = []
  const lines: LogRecord[] = []
  const clock = createFakeClock(5)
  const topics = new Map<string, Map<string, TopicUse>>()
  const statuses = {
    state: { connectors: new Map(), tasks: new Map(), topics },
    put(instance: unknown, status: unknown, { owned }: { owned: boolean }) {
      written.push([instance, status])
      if (owned) forced.push(instance)
    },
    remove: (instance: unknown) => written.push([instance, null]),
    putTopic(use: TopicUse) {
      written.push(use)
      topics.set(use.connector, new Map([[use.topic, use]]))
    },
  } as unknown as StatusStore
  const reports = createStatusReports({
    statuses,
    workerId: () => 'me:1',
    generation: () => 7,
    holds: (instance) => 'task' in instance,
    topicTracking,
    clock,
    logger: createLogger({
      name: 'test',
      levels: createLogLevels({ root: 'INFO', clock }),
      clock,
      sink: (record) => lines.push(record),
    }),
  })
  return { reports, written, forced, lines }
}

test('what a worker says is stamped with who and in which generation', () => {
  const { reports, written } = reportsFor()
  reports.say({ connector: 'c' }, 'RUNNING', { version: '1.0' })
  reports.say({ task: { connector: 'c', task: 0 } }, 'FAILED', { trace: 'boom' })
  reports.sayFor({ workerId: 'gone:1', generation: 8 }, { connector: 'c' }, 'UNASSIGNED', '1.0')
  reports.forget({ connector: 'c' })
  expect(written).toEqual([
    [{ connector: 'c' }, { state: 'RUNNING', version: '1.0', trace: null, workerId: 'me:1', generation: 7 }],
    [
      { task: { connector: 'c', task: 0 } },
      { state: 'FAILED', version: null, trace: 'boom', workerId: 'me:1', generation: 7 },
    ],
    [{ connector: 'c' }, { state: 'UNASSIGNED', version: '1.0', trace: null, workerId: 'gone:1', generation: 8 }],
    [{ connector: 'c' }, null],
  ])
})

test('a topic is recorded once, and not at all when topics are not tracked', () => {
  const { reports, written } = reportsFor()
  reports.usesTopic({ connector: 'c', task: 2 }, 't')
  reports.usesTopic({ connector: 'c', task: 3 }, 't')
  expect(written).toEqual([{ topic: 't', connector: 'c', task: 2, discoveredAt: 5 }])
  const untracked = reportsFor({ topicTracking: false })
  untracked.reports.usesTopic({ connector: 'c', task: 2 }, 't')
  expect(untracked.written).toEqual([])
})

test("a connector's log tells when it and its tasks ran; failures are told with their reason elsewhere", () => {
  const { reports, lines } = reportsFor()
  reports.say({ connector: 'orders' }, 'RUNNING')
  reports.say({ task: { connector: 'orders', task: 1 } }, 'PAUSED')
  reports.say({ task: { connector: 'orders', task: 1 } }, 'FAILED', { trace: 'boom' })
  expect(lines.map(({ message, connector, task }) => ({ message, connector, task }))).toEqual([
    { message: 'Connector orders is RUNNING', connector: 'orders', task: undefined },
    { message: 'Task orders-1 is PAUSED', connector: 'orders', task: 1 },
  ])
})

test('I8: the failure of what a worker holds is written whatever was said before; nothing else is', () => {
  const { reports, forced } = reportsFor()
  const task = { task: { connector: 'c', task: 0 } }
  for (const state of ['RUNNING', 'FAILED', 'UNASSIGNED'] as const) {
    reports.say(task, state)
    reports.say({ connector: 'c' }, state)
  }
  reports.sayFor({ workerId: 'gone:1', generation: 8 }, task, 'UNASSIGNED', null)
  expect(forced).toEqual([task])
})
