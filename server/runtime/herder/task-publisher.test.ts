import { describe, expect, test } from 'vitest'
import type { ConnectorConfig, TargetState } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { createConfigFold } from '#server/core/config-fold.ts'
import { tasksMaxOf } from '#server/core/task-configs.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createTaskPublisher } from '#server/runtime/herder/task-publisher.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import { createStages } from '#server/runtime/stages.ts'
import { createFakeClock, settled } from '#server/runtime/test-tree/fake-clock.ts'
import { definitions, sinkClass, sourceClass } from '#server/runtime/test-tree/plugins.ts'

const source: ConnectorConfig = { 'connector.class': sourceClass, topic: 't', 'tasks.max': '3' }

function publisherFor(make: (connector: string, max: number) => Promise<Record<string, string>[]>) {
  const clock = createFakeClock()
  const fold = createConfigFold()
  const stopping = new AbortController()
  const submitted: [string, ConnectorConfig[]][] = []
  const tooMany: [string, string][] = []
  const answers: [string, number | string][] = []
  let offset = 0
  let owned = true
  let refusals = 0
  let refusal = new Error('no leader')
  const host = {
    definitions: () => definitions,
    async taskConfigs(connector: string) {
      const { max, enforced } = tasksMaxOf(fold.state.connectors.get(connector)?.config ?? {})
      return { configs: await make(connector, max), max, enforced }
    },
  } as unknown as PluginHost
  const publisher = createTaskPublisher({
    host,
    configs: fold,
    owns: () => owned,
    async submit(connector, tasks) {
      if (refusals-- > 0) throw refusal
      submitted.push([connector, tasks])
      for (const [task, config] of tasks.entries()) {
        fold.apply({ kind: 'task', id: { connector, task }, config }, offset++)
      }
      fold.apply({ kind: 'commit', connector, tasks: tasks.length }, offset++)
    },
    onMade: (connector, tasks) => answers.push([connector, tasks]),
    onFailing: (connector, reason) => answers.push([connector, reason]),
    onRefused: (connector, message) => tooMany.push([connector, message]),
    signal: stopping.signal,
    clock,
    logger: quietLogger,
    stages: createStages(clock),
  })
  return {
    ...{ publisher, clock, submitted, tooMany, answers, fold, stopping },
    put: (connector: string, config: ConnectorConfig) => fold.apply({ kind: 'connector', connector, config }, offset++),
    target: (connector: string, target: TargetState) => fold.apply({ kind: 'target', connector, target }, offset++),
    disown: () => {
      owned = false
    },
    refuse: (times: number, because = refusal) => {
      refusals = times
      refusal = because
    },
  }
}

const two = async () => [{ part: '0' }, { part: '1' }]

describe('task configs', () => {
  test("reach the topic with the framework's keys, and only when they say something new", async () => {
    const { publisher, put, submitted } = publisherFor(two)
    put('c', source)
    publisher.request('c')
    await settled()
    const taskClass = 'org.example.TickSourceTask'
    expect(submitted).toEqual([
      [
        'c',
        [
          { part: '0', 'task.class': taskClass },
          { part: '1', 'task.class': taskClass },
        ],
      ],
    ])
    publisher.request('c')
    await settled()
    expect(submitted).toHaveLength(1)
    put('c', { ...source, 'value.converter': 'x' }) // another config: the same maps are published again
    publisher.request('c')
    await settled()
    expect(submitted).toHaveLength(2)
  })

  test('of a sink carry its topics', async () => {
    const { publisher, put, submitted } = publisherFor(async () => [{}])
    put('s', { 'connector.class': sinkClass, topics: 'a,b' })
    publisher.request('s')
    await settled()
    expect(submitted[0]?.[1]).toEqual([{ 'task.class': 'org.example.VoidSinkTask', topics: 'a,b' }])
  })

  test('are asked for with tasks.max', async () => {
    const asked: number[] = []
    const { publisher, put, answers } = publisherFor(async (_, max) => {
      asked.push(max)
      return []
    })
    put('c', source)
    publisher.request('c')
    await settled()
    expect(asked).toEqual([3])
    expect(answers).toEqual([['c', 0]])
  })
})

test('requests that come while one is under way are carried out together after it', async () => {
  const answers: (() => void)[] = []
  const { publisher, put } = publisherFor(
    () => new Promise((resolve) => answers.push(() => resolve([{ n: `${answers.length}` }]))),
  )
  put('c', source)
  for (let i = 0; i < 5; i++) publisher.request('c')
  await settled()
  publisher.request('c')
  expect(answers).toHaveLength(1)
  answers[0]?.()
  await settled()
  expect(answers).toHaveLength(2)
  answers[1]?.()
  await settled()
  expect(answers).toHaveLength(2)
})

test('a failure is tried again with growing pauses from 250 ms to a minute, and one success begins anew', async () => {
  let attempts = 0
  const { publisher, put, clock, refuse, submitted, answers } = publisherFor(async () => {
    attempts++
    return [{ n: '1' }]
  })
  put('c', source)
  refuse(12)
  publisher.request('c')
  await settled()
  const pauses: number[] = []
  while (submitted.length === 0) {
    const [pause = 0] = clock.sleeping()
    pauses.push(pause)
    await clock.pass(pause)
  }
  expect(answers).toEqual([...Array.from({ length: 12 }, () => ['c', 'no leader']), ['c', 1]])
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000])
  expect(attempts).toBe(13)
  put('c', { ...source, topic: 'u' })
  refuse(1)
  publisher.request('c')
  await settled()
  expect(clock.sleeping()).toEqual([250])
})

test('a connector that hangs keeps no other one waiting', async () => {
  const { publisher, put, submitted } = publisherFor((connector) =>
    connector === 'hangs' ? new Promise(() => undefined) : two(),
  )
  put('hangs', source)
  put('c', source)
  publisher.request('hangs')
  publisher.request('c')
  await settled()
  expect(submitted.map(([connector]) => connector)).toEqual(['c'])
})

describe('task configs are dropped when meanwhile', () => {
  const meanwhile: Record<string, (p: ReturnType<typeof publisherFor>) => void> = {
    'the config changed': ({ put }) => put('c', { ...source, topic: 'other' }),
    'the connector was paused': ({ target }) => target('c', 'PAUSED'),
    'the connector was stopped': ({ target }) => target('c', 'STOPPED'),
    'the connector was deleted': ({ fold }) => fold.apply({ kind: 'connector', connector: 'c', config: null }, 99),
    'the connector moved to another worker': ({ disown }) => disown(),
  }
  test.each(Object.entries(meanwhile))('%s', async (_, change) => {
    const made = Promise.withResolvers<Record<string, string>[]>()
    const parts = publisherFor(() => made.promise)
    parts.put('c', source)
    parts.publisher.request('c')
    await settled()
    change(parts)
    made.resolve([{ part: '0' }])
    await settled()
    expect(parts.submitted).toEqual([])
    expect(parts.clock.sleeping()).toEqual([])
  })
})

test('nothing is asked of a connector that runs elsewhere or is not started', async () => {
  let asked = 0
  const parts = publisherFor(async () => {
    asked++
    return []
  })
  parts.put('c', source)
  parts.target('c', 'PAUSED')
  parts.publisher.request('c')
  parts.publisher.request('unknown')
  await settled()
  parts.target('c', 'STARTED')
  parts.disown()
  parts.publisher.request('c')
  await settled()
  expect(asked).toBe(0)
})

describe('more tasks than tasks.max', () => {
  test("fail the connector in Kafka's words, are not published and not tried again", async () => {
    const { publisher, put, clock, submitted, tooMany } = publisherFor(two)
    put('c', { ...source, 'tasks.max': '1' })
    publisher.request('c')
    await settled()
    expect(tooMany).toEqual([
      [
        'c',
        "The connector c has generated 2 tasks, which is greater than 1, the maximum number of tasks it is configured to create. This behaviour should be considered a bug and is disallowed. If necessary, it can be permitted by reconfiguring the connector with 'tasks.max.enforce' set to false; however, this option will be removed in a future release of Kafka Connect.",
      ],
    ])
    expect(submitted).toEqual([])
    expect(clock.sleeping()).toEqual([])
  })

  test('are let through with tasks.max.enforce=false', async () => {
    const { publisher, put, submitted, tooMany } = publisherFor(two)
    put('c', { ...source, 'tasks.max': '1', 'tasks.max.enforce': 'false' })
    publisher.request('c')
    await settled()
    expect(tooMany).toEqual([])
    expect(submitted[0]?.[1]).toHaveLength(2)
  })
})

test('R-I17: task configs that no record holds fail the connector, and are not tried again', async () => {
  const { publisher, put, clock, refuse, tooMany } = publisherFor(two)
  put('c', source)
  refuse(1, new ConnectError('CONFIG_TOO_LARGE', 'The task configurations take 2097300 bytes'))
  publisher.request('c')
  await settled()
  expect(tooMany).toEqual([['c', 'The task configurations take 2097300 bytes']])
  expect(clock.sleeping()).toEqual([])
})

test('a stopping worker tries nothing again', async () => {
  const { publisher, put, clock, refuse, submitted, stopping } = publisherFor(two)
  put('c', source)
  refuse(1)
  publisher.request('c')
  await settled()
  stopping.abort()
  await settled()
  expect(clock.sleeping()).toEqual([])
  expect(submitted).toEqual([])
})
