import { describe, expect, test } from 'vitest'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { completeTaskConfigs, tasksMaxOf, tooManyTasks } from '#server/core/task-configs.ts'

const source = { config: { topic: 't', topics: 'not a source key' }, taskClass: 'x.Task', type: 'source' as const }

describe('the framework completes task configs', () => {
  test('with the class of the task, over whatever the connector said', () => {
    expect(completeTaskConfigs([{ file: 'a', 'task.class': 'other' }, { file: 'b' }], source)).toEqual([
      { file: 'a', 'task.class': 'x.Task' },
      { file: 'b', 'task.class': 'x.Task' },
    ])
  })

  test.each(['topics', 'topics.regex'])('with the %s of a sink, which its tasks subscribe to', (key) => {
    const config: ConnectorConfig = { [key]: 'orders', other: 'x' }
    expect(completeTaskConfigs([{}], { config, taskClass: 'x.Task', type: 'sink' })).toEqual([
      { 'task.class': 'x.Task', [key]: 'orders' },
    ])
  })

  test('and leaves what the connector made as it is', () => {
    const made = Object.freeze({ file: 'a' })
    const [completed] = completeTaskConfigs([made], source)
    expect(made).toEqual({ file: 'a' })
    expect(completed && Object.getPrototypeOf(completed)).toBeNull()
  })
})

test.each<[ConnectorConfig, number, boolean]>([
  [{}, 1, true],
  [{ 'tasks.max': '4' }, 4, true],
  [{ 'tasks.max': ' 4 ' }, 4, true],
  [{ 'tasks.max': '0' }, 1, true],
  [{ 'tasks.max': 'many' }, 1, true],
  [{ 'tasks.max': '2', 'tasks.max.enforce': 'false' }, 2, false],
  [{ 'tasks.max': '2', 'tasks.max.enforce': ' FALSE ' }, 2, false],
  [{ 'tasks.max': null, 'tasks.max.enforce': null }, 1, true],
])('of %j at most %i tasks are made, enforced: %s (KIP-1004)', (config, max, enforced) => {
  expect(tasksMaxOf(config)).toEqual({ max, enforced })
})

test('too many tasks are refused in the words of Kafka Connect', () => {
  expect(tooManyTasks('orders', 3, 2)).toMatch(
    /^The connector orders has generated 3 tasks, which is greater than 2, the maximum number of tasks it is configured to create\./,
  )
})
