import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { judgeStall } from '#server/core/stall.ts'
import type { WorkerFacts } from '#server/core/validate-connector.ts'
import { openTroubledPool, sink, source, type TroubledPool } from '#server/runtime/pool/test-tree/troubled-pool.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { startWire } from '#server/runtime/test-tree/wire.ts'
import { openDescriptors } from '#server/sdk/testing/open-descriptors.ts'

const { kafka, client, newTopic } = await kafkaOfFile(startRestartableKafka)
const folder = await mkdtemp(join(tmpdir(), 'sluice-pool-'))
afterAll(() => rm(folder, { recursive: true }))
const openPool = (options?: Parameters<typeof openTroubledPool>[1]) => openTroubledPool(kafka.bootstrapServers, options)
const task = (connector: string, number = 0) => ({ connector, task: number })
const once = () => join(folder, randomUUID())
const facts: WorkerFacts = {
  groupId: 'pool',
  converters: {},
  overrides: { policy: 'All', allowlist: [] },
  exactlyOnceEnabled: false,
}

/** Who wrote into the topic, in the order in which each began to. */
async function writers(topic: string, atLeast = 0): Promise<string[]> {
  const values = (await readTopic(client, topic, atLeast)).map(({ value }) => value?.split(':')[0] ?? '')
  return values.filter((instance, i) => instance !== values[i - 1])
}
const written = async (topic: string) => (await readTopic(client, topic, 0)).length

describe('a thread that is stuck', () => {
  test('is named with its stage and replaced; its tasks run again, the others do not notice', async () => {
    await using pool = await openPool({ threads: 2 })
    const topics = [await newTopic(), await newTopic(), await newTopic()] as const
    // Tasks are shared out evenly: the first and the third are on one thread.
    await pool.host.startTask(source(task('beside'), { topic: topics[2] }))
    await pool.host.startTask(source(task('elsewhere'), { topic: topics[1] }))
    await pool.says('beside-0 RUNNING')
    await pool.says('elsewhere-0 RUNNING')
    await pool.host.startTask(source(task('stuck'), { topic: topics[0], hook: 'poll', trouble: 'spin', once: once() }))
    const { message } = await pool.line(/has answered nothing for 500 ms/)
    expect(message).toMatch(/^Thread tasks-1 has answered nothing for 500 ms while .*polling task stuck-0/)
    await pool.says('stuck-0 RUNNING', 2)
    await pool.says('beside-0 RUNNING', 2)
    for (const name of ['stuck-0', 'beside-0']) {
      expect(pool.traces.get(name)).toMatch(/^Error: Thread tasks-1 is lost while .*polling task stuck-0/)
    }
    for (const topic of topics) {
      const before = await written(topic)
      await readTopic(client, topic, before + 5)
    }
    expect(pool.count('elsewhere-0 RUNNING')).toBe(1)
    expect(await writers(topics[1])).toHaveLength(1)
    // I7: each instance wrote in one stretch: none came back after its successor.
    for (const topic of topics) {
      const instances = await writers(topic)
      expect(new Set(instances).size).toBe(instances.length)
    }
  })

  test('I8: a task that loses its thread is RESTARTING, and FAILED with the reason when it loses the next one, too', async () => {
    await using pool = await openPool({ threads: 1 })
    const topic = await newTopic()
    await pool.host.startTask(source(task('dying'), { topic, hook: 'start', trouble: 'exit' }))
    await pool.says('dying-0 FAILED')
    expect(pool.told).toEqual(['dying-0 RESTARTING', 'dying-0 FAILED'])
    expect(pool.traces.get('dying-0')).toMatch(
      /^Error: Thread tasks-2 is lost while starting task dying-0\. It exited with code 7\./,
    )
    expect(pool.lines.filter(({ message }) => message.includes('is lost'))).toHaveLength(2)
    expect(await pool.host.stopTask(task('dying'), 1_000)).toBe('stopped')
  })

  test('again and again leaves the task that is to blame alone: its neighbours run for good', async () => {
    await using pool = await openPool({ threads: 1 })
    const topics = await Promise.all(['a', 'b', 'c', 'd'].map(() => newTopic()))
    for (const [n, topic] of topics.entries()) await pool.host.startTask(source(task('good', n), { topic }))
    for (const n of topics.keys()) await pool.says(`good-${n} RUNNING`)
    await pool.host.startTask(source(task('dying'), { topic: await newTopic(), hook: 'poll', trouble: 'exit' }))
    await pool.says('dying-0 FAILED')
    const goOn = async () => {
      const before = await Promise.all(topics.map(written))
      for (const [n, topic] of topics.entries()) await readTopic(client, topic, (before[n] ?? 0) + 5)
    }
    await goOn()
    const settled = pool.told.length
    await goOn()
    expect(pool.told.slice(settled)).toEqual([])
  })

  test('keeps nobody from validating, and connectors run again, when it is the one of the connectors', async () => {
    await using pool = await openPool({ threads: 1 })
    const topic = await newTopic()
    const start = (name: string, config: Record<string, string>) =>
      pool.host.startConnector({
        name,
        config: { 'connector.class': 'test.TickSourceConnector', ...config },
        target: 'STARTED',
        generation: 1,
      })
    await pool.host.startTask(source(task('running'), { topic }))
    await start('good', {})
    await start('bad', { 'tasks.max': '2', hook: 'taskConfigs', trouble: 'spin', once: once() })
    const stuck = pool.host.taskConfigs('bad')
    const asked = pool.host.validate({ 'connector.class': 'TickSource', name: 'v', topic }, facts)
    await expect(stuck).rejects.toThrow('thread connectors ended while generating task configs for connector bad')
    await pool.says('good RUNNING')
    await pool.says('bad RUNNING')
    expect((await pool.host.taskConfigs('bad')).configs).toHaveLength(2)
    expect((await asked).errorCount).toBe(0)
    await readTopic(client, topic, 1)
    await pool.says('running-0 RUNNING')
    expect(pool.count('running-0 RUNNING')).toBe(1)
  })
})

test('a preview that spins is told what it did, and one beside it is tried again on the next thread', async () => {
  await using pool = await openPool({ threads: 1 })
  const config = { name: 'p', topic: 't', hook: 'poll' }
  const waiting = once()
  const waits = { ...config, 'connector.class': 'TickSource', trouble: 'block', once: waiting }
  const beside = pool.host.preview({ config: waits, limit: 1 })
  await expect.poll(() => existsSync(waiting), { timeout: 20_000 }).toBe(true)
  const spins = { ...config, 'connector.class': 'test.TickSourceConnector', trouble: 'spin' }
  await expect(pool.host.preview({ config: spins, limit: 1 })).rejects.toThrow(
    'The preview of test.TickSourceConnector cost its thread while polling for a preview. It had answered nothing for 500 ms.',
  )
  expect((await beside).records).toHaveLength(1)
})

describe('a fault in one task', () => {
  const hooks = [
    ...['create', 'start', 'poll', 'commit', 'stop'].map((hook) => ({ kind: 'source', hook }) as const),
    ...['create', 'start', 'open', 'put', 'flush', 'close', 'stop'].map((hook) => ({ kind: 'sink', hook }) as const),
  ]
  const cases = hooks.flatMap(({ kind, hook }) =>
    (hook === 'create' ? (['throw'] as const) : (['throw', 'block'] as const)).map((trouble) => ({
      kind,
      hook,
      trouble,
    })),
  )
  let pool: TroubledPool
  let neighbour: string
  beforeAll(async () => {
    pool = await openPool({ threads: 1 })
    neighbour = await newTopic()
    await pool.host.startTask(source(task('neighbour'), { topic: neighbour }))
    await readTopic(client, neighbour, 5)
  })
  afterAll(() => pool[Symbol.asyncDispose]())

  test.each(cases)('I9: $trouble in $hook of a $kind leaves a task on the same thread alone', async (chosen) => {
    const { kind, hook, trouble } = chosen
    const name = `${kind}-${hook}-${trouble}`
    const start = kind === 'source' ? source : sink
    const topics = kind === 'source' ? { topic: await newTopic() } : { topics: neighbour }
    await pool.host.startTask(start(task(name), { ...topics, hook, trouble }))
    const fails = trouble === 'throw' && ['create', 'start', 'open', 'poll', 'put'].includes(hook)
    if (fails) {
      await pool.says(`${name}-0 FAILED`)
      expect(pool.traces.get(`${name}-0`)).toMatch(
        new RegExp(`Error: trouble in ${hook}\\n.*Caused by: Error: the root of it`, 's'),
      )
    } else if (!['start', 'create'].includes(hook)) await pool.says(`${name}-0 RUNNING`)
    // What blocks is not waited for; what ends by itself has its time, however busy the machine is.
    const outcome = await pool.host.stopTask(task(name), trouble === 'throw' ? 10_000 : 200)
    if (trouble === 'throw') expect(outcome).toBe('stopped')
    const before = await written(neighbour)
    await readTopic(client, neighbour, before + 3)
    expect(pool.count('neighbour-0 RUNNING')).toBe(1)
    expect(pool.lines.filter(({ message }) => message.includes('is lost'))).toEqual([])
  })

  test.each(['crash', 'exit'] as const)(
    '%s: it ends its thread only, and what ran there runs again',
    async (trouble) => {
      await using own = await openPool({ threads: 2 })
      const topics = [await newTopic(), await newTopic()] as const
      const config = { topic: topics[0], hook: 'poll', trouble, once: once() }
      await own.host.startTask(source(task('other'), { topic: topics[1] }))
      await own.says('other-0 RUNNING')
      await own.host.startTask(source(task('faulty'), config))
      await own.line(trouble === 'crash' ? /^Thread tasks-2 is lost .*crashed in poll/s : /It exited with code 7/)
      await readTopic(client, topics[0], 3)
      expect(own.count('other-0 RUNNING')).toBe(1)
    },
  )
})

describe('a stop', () => {
  test('of a task whose hook never returns cancels it; it may start again on the same thread', async () => {
    await using pool = await openPool({ threads: 1 })
    const topic = await newTopic()
    const config = { topic, hook: 'poll', trouble: 'block', once: once() }
    await pool.host.startTask(source(task('blocked'), config))
    await pool.says('blocked-0 RUNNING')
    expect(await pool.host.stopTask(task('blocked'), 100)).toBe('cancelled')
    await pool.host.startTask(source(task('blocked'), config))
    await pool.says('blocked-0 RUNNING', 2)
    expect(await writers(topic, 3)).toHaveLength(1)
    expect(await pool.host.stopTask(task('blocked'), 5_000)).toBe('stopped')
  })

  test.each([
    ...['start', 'poll', 'commit', 'stop'].map((hook) => ({ kind: 'source', hook })),
    ...['start', 'open', 'put', 'flush', 'close', 'stop'].map((hook) => ({ kind: 'sink', hook })),
  ])('R-I10: of a $kind that blocks in $hook ends within its time and a second', async ({ kind, hook }) => {
    await using pool = await openPool({ threads: 1 })
    const topic = await newTopic()
    const start = kind === 'source' ? source : sink
    await pool.host.startTask(start(task('blocked'), { topic, topics: topic, hook, trouble: 'block', once: once() }))
    const begunAt = systemClock.monotonic()
    await pool.host.stopTask(task('blocked'), 300)
    expect(systemClock.monotonic() - begunAt).toBeLessThan(1_300)
    // Its place is free: nothing of it holds the next one up.
    await pool.host.startTask(source(task('next'), { topic }))
    await pool.says('next-0 RUNNING')
  })

  test('of a task whose start never returns cancels it', async () => {
    await using pool = await openPool({ threads: 1 })
    const begun = once()
    const config = { topic: await newTopic(), hook: 'start', trouble: 'block', once: begun }
    await pool.host.startTask(source(task('slow'), config))
    await expect.poll(() => existsSync(begun), { timeout: 10_000 }).toBe(true)
    expect(await pool.host.stopTask(task('slow'), 100)).toBe('cancelled')
    expect(pool.told).toEqual([])
  })

  test('of a task that spins is over once its thread is replaced, and the others there run again', async () => {
    await using pool = await openPool({ threads: 1 })
    const topics = [await newTopic(), await newTopic()] as const
    await pool.host.startTask(source(task('beside'), { topic: topics[1] }))
    await pool.says('beside-0 RUNNING')
    const begun = once()
    const config = { topic: topics[0], hook: 'start', trouble: 'spin', once: begun }
    await pool.host.startTask(source(task('spinning'), config))
    await expect.poll(() => existsSync(begun), { timeout: 10_000 }).toBe(true)
    expect(await pool.host.stopTask(task('spinning'), 100)).toBe('cancelled')
    await pool.says('beside-0 RUNNING', 2)
    const before = await written(topics[1])
    await readTopic(client, topics[1], before + 3)
    expect(pool.count('spinning-0 RUNNING')).toBe(0)
  })

  test('of a connector that never starts or stops is abandoned after its time', async () => {
    await using pool = await openPool({ threads: 1 })
    const config = { 'connector.class': 'test.TickSourceConnector', hook: 'stopConnector', trouble: 'block' }
    await pool.host.startConnector({ name: 'c', config, target: 'STARTED', generation: 1 })
    await pool.host.stopConnector('c', 50)
    const hanging = { ...config, hook: 'startConnector' }
    void pool.host
      .startConnector({ name: 'c', config: hanging, target: 'STARTED', generation: 1 })
      .catch(() => undefined)
    await pool.host.stopConnector('c', 50)
    await pool.host.startConnector({ name: 'c', config: { ...config, hook: '' }, target: 'STARTED', generation: 1 })
    expect((await pool.host.taskConfigs('c')).configs).toHaveLength(1)
  })

  test('of the pool ends in its time, whatever its threads do', async () => {
    const pool = await openPool({ threads: 1, watchdogMs: 60_000 })
    const begun = once()
    const config = { topic: await newTopic(), hook: 'start', trouble: 'spin', once: begun }
    await pool.host.startTask(source(task('spinning'), config))
    await expect.poll(() => existsSync(begun), { timeout: 10_000 }).toBe(true)
    await pool[Symbol.asyncDispose]()
  })
})

describe('connectors', () => {
  test('a failed start tells its causes; a resume after a failed one starts it anew', async () => {
    await using pool = await openPool({ threads: 1 })
    const config = { 'connector.class': 'test.TickSourceConnector', hook: 'startConnector', trouble: 'throw' }
    const failure = await pool.host
      .startConnector({ name: 'c', config, target: 'STARTED', generation: 1 })
      .catch((error: Error) => error)
    expect((failure as Error).stack).toMatch(/trouble in startConnector\n.*Caused by: Error: the root of it/s)
    const later = { ...config, once: once() }
    await pool.host.startConnector({ name: 'd', config: later, target: 'PAUSED', generation: 1 })
    await expect(pool.host.setConnectorTarget('d', 'STARTED')).rejects.toThrow('trouble in startConnector')
    await pool.host.setConnectorTarget('d', 'STARTED')
    expect((await pool.host.taskConfigs('d')).configs).toHaveLength(1)
  })

  test('an error of the catalog keeps its code, its status and its problems on the way', async () => {
    await using pool = await openPool({ threads: 1 })
    await expect(pool.host.alterOffsets('test.TickSourceConnector', {}, [])).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      status: 400,
      problems: [{ field: 'offset', message: 'no' }],
    })
    await expect(pool.host.validate({ 'connector.class': 'no.Such' }, facts)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })
})

test('the thread of the connectors ends when none is left on it, and another starts with the next one', async () => {
  await using pool = await openPool({ threads: 1, restAfterMs: 20 })
  const config = { 'connector.class': 'test.TickSourceConnector', topic: 'any' }
  for (const name of ['first', 'second']) {
    await pool.host.startConnector({ name, config, target: 'STARTED', generation: 1 })
    const { configs } = await pool.host.taskConfigs(name)
    expect(configs).toHaveLength(1)
    const running = openDescriptors()
    await pool.host.stopConnector(name, 5_000)
    await expect.poll(openDescriptors, { timeout: 10_000 }).toBeLessThan(running)
  }
})

test('log levels reach every thread, also those that start later', async () => {
  await using pool = await openPool({ threads: 2 })
  const polled = (name: string) =>
    pool.lines.some((line) => line.message === 'about to poll' && 'connector' in line && line.connector === name)
  await pool.host.startTask(source(task('first'), { topic: await newTopic() }))
  await pool.says('first-0 RUNNING')
  expect(polled('first')).toBe(false)
  pool.host.setLogLevel('sluice.task', 'DEBUG')
  await expect.poll(() => polled('first'), { timeout: 10_000 }).toBe(true)
  await pool.host.startTask(source(task('second'), { topic: await newTopic() }))
  await expect.poll(() => polled('second'), { timeout: 10_000 }).toBe(true)
})

test('a level for the lines of one connector reaches its threads, and no line of another one', async () => {
  await using pool = await openPool({ threads: 2 })
  const polled = (name: string) =>
    pool.lines.filter((line) => line.message === 'about to poll' && 'connector' in line && line.connector === name)
  for (const name of ['chatty', 'beside']) {
    await pool.host.startTask(source(task(name), { topic: await newTopic() }))
    await pool.says(`${name}-0 RUNNING`)
  }
  pool.host.setConnectorLogLevel('chatty', 'DEBUG')
  pool.host.setConnectorLogLevel('later', 'DEBUG')
  await expect.poll(() => polled('chatty').length, { timeout: 10_000 }).toBeGreaterThan(0)
  await pool.host.startTask(source(task('later'), { topic: await newTopic() }))
  await expect.poll(() => polled('later').length, { timeout: 10_000 }).toBeGreaterThan(0)
  expect(polled('beside')).toEqual([])
})

test('a target that is set while a thread is being replaced holds on the next one', async () => {
  await using pool = await openPool({ threads: 1 })
  const config = { topic: await newTopic(), hook: 'poll', trouble: 'spin', once: once() }
  await pool.host.startTask(source(task('paused'), config))
  await pool.says('paused-0 RUNNING')
  await pool.host.setTaskTarget(task('paused'), 'PAUSED')
  await pool.line(/is lost/)
  await pool.says('paused-0 PAUSED')
  expect(pool.count('paused-0 RUNNING')).toBe(1)
})

test('I12: tasks that come and go leave neither memory nor sockets behind', async () => {
  await using pool = await openPool({ threads: 1 })
  const topic = await newTopic()
  async function cycle(number: number, hook = '') {
    await pool.host.startTask(source(task('coming', number), { topic, hook }))
    await pool.host.startTask(sink(task('going', number), { topics: topic }))
    await pool.says(`coming-${number} RUNNING`)
    await pool.says(`going-${number} RUNNING`)
    await pool.host.stopTask(task('coming', number), 5_000)
    await pool.host.stopTask(task('going', number), 5_000)
  }
  const heap = () => Number(pool.lines.findLast(({ message }) => message.startsWith('heap '))?.message.slice(5))
  for (let n = 0; n < 10; n++) await cycle(n)
  await cycle(10, 'measure')
  const before = { heap: heap(), descriptors: openDescriptors() }
  for (let n = 11; n < 70; n++) await cycle(n)
  await cycle(70, 'measure')
  expect(openDescriptors()).toBeLessThanOrEqual(before.descriptors + 4)
  // A task that stayed would hold a producer with its slabs, a MiB each.
  expect(heap() - before.heap).toBeLessThan(8 * 1024 * 1024)
})

test('R-I19: what a task leaves out is told by its thread, and one that would leave out too much fails', async () => {
  await using pool = await openPool()
  const topic = await newTopic()
  const config = { topics: topic, hook: 'put', trouble: 'throw', 'errors.tolerance': 'all' }
  await pool.host.startTask(source(task('feeds'), { topic }))
  await readTopic(client, topic, 50)
  await pool.host.startTask(sink(task('picky'), { ...config, 'sluice.put.isolate.errors': 'true' }))
  await pool.says('picky-0 FAILED')
  expect(pool.traces.get('picky-0')).toContain('More records cannot be put than may be left out of this connector.')
  expect(pool.told).toContain('picky-0 leaves out 10: trouble in put')
  await pool.host.startTask(sink(task('plain'), config))
  await pool.says('plain-0 FAILED')
  expect(pool.told.filter((one) => one.startsWith('plain-0 leaves out'))).toEqual([])
})

describe('what is not finished is told by its thread', () => {
  const brisk = { 'sluice.stall.interval.ms': '200' }
  /** Where the task hangs, by its own interval. */
  const stallOf = (pool: TroubledPool, name: string) => judgeStall([pool.evidence(name)], 200)
  /** A busy machine may take its time over what came before. */
  const stalled = (pool: TroubledPool, name: string, stage: string) =>
    expect.poll(() => stallOf(pool, name), { timeout: 20_000 }).toMatchObject({ stage })

  test.each([
    ['start', 'starting'],
    ['poll', 'polling'],
    ['commit', 'committing'],
  ])('of a source that never comes back from %s', async (hook, stage) => {
    await using pool = await openPool()
    const topic = await newTopic()
    await pool.host.startTask(source(task('hangs'), { topic, hook, trouble: 'block', ...brisk }))
    await stalled(pool, 'hangs-0', stage)
    expect(await pool.host.stopTask(task('hangs'), 10)).toBe('cancelled')
  })

  test.each([
    ['start', 'starting'],
    ['put', 'putting records into'],
    ['flush', 'flushing'],
  ])('of a sink that never comes back from %s', async (hook, stage) => {
    await using pool = await openPool()
    const topic = await newTopic()
    await pool.host.startTask(source(task('feeds'), { topic }))
    await pool.host.startTask(sink(task('hangs'), { topics: topic, hook, trouble: 'block', ...brisk }))
    await stalled(pool, 'hangs-0', stage)
    expect(await pool.host.stopTask(task('hangs'), 10)).toBe('cancelled')
  })

  test.each([
    ['startConnector', 'starting', 'abandoned'],
    ['taskConfigs', 'generating task configs for', 'stopped'],
    ['stopConnector', 'stopping', 'abandoned'],
  ])('R-I04: of a connector that never comes back from %s, until it is stopped', async (hook, stage, end) => {
    await using pool = await openPool()
    const config = { 'connector.class': 'test.TickSourceConnector', name: 'hangs', topic: 't', hook, trouble: 'block' }
    const started = pool.host.startConnector({ name: 'hangs', config, target: 'STARTED', generation: 1 })
    started.catch(() => undefined) // its thread ends with the test
    if (hook !== 'startConnector') await started
    const made = hook === 'taskConfigs' ? pool.host.taskConfigs('hangs') : undefined
    made?.catch(() => undefined) // looked at below
    if (hook === 'stopConnector') pool.host.setConnectorTarget('hangs', 'PAUSED').catch(() => undefined)
    await stalled(pool, 'hangs', stage)
    expect(await pool.host.stopConnector('hangs', end === 'stopped' ? 10_000 : 10)).toBe(end)
    expect(pool.unfinished.get('hangs')).toEqual([])
    // Whoever asked is free to ask the next instance.
    if (made !== undefined) await expect(made).rejects.toThrow('connector hangs was stopped meanwhile')
  })

  test('R-I04: of a connector that spins, until its thread is replaced', async () => {
    await using pool = await openPool({ watchdogMs: 1_000 })
    const config = {
      ...{ 'connector.class': 'test.TickSourceConnector', name: 'spins', topic: 't', hook: 'startConnector' },
      ...{ trouble: 'spin', once: once() },
    }
    const started = pool.host.startConnector({ name: 'spins', config, target: 'STARTED', generation: 1 })
    await stalled(pool, 'spins', 'starting')
    await expect(started).rejects.toThrow('thread connectors ended while starting connector spins')
    expect(pool.unfinished.get('spins')).toEqual([])
  })

  test('of a source whose records Kafka does not acknowledge, until it does', async () => {
    await using wire = await startWire(kafka.bootstrapServers)
    const topic = await newTopic()
    await using pool = await openTroubledPool(wire.bootstrapServers)
    await pool.host.startTask(source(task('hangs'), { topic, ...brisk }))
    await readTopic(client, topic, 1)
    wire.cut()
    await stalled(pool, 'hangs-0', 'sending records of')
    const again = / fails and is tried again: NETWORK_EXCEPTION: /
    await expect.poll(() => stallOf(pool, 'hangs-0')?.reason, { timeout: 20_000 }).toMatch(again)
    await pool.line(again)
    wire.mend()
    await expect.poll(() => stallOf(pool, 'hangs-0'), { timeout: 20_000 }).toBeNull()
  })

  test('I8: of the newest attempt alone, while an older one hangs on on another thread', async () => {
    await using pool = await openPool({ threads: 2 })
    const topic = await newTopic()
    const config = { topic, hook: 'poll', trouble: 'block', once: once(), ...brisk }
    await pool.host.startTask(source(task('hangs'), config))
    await stalled(pool, 'hangs-0', 'polling')
    const hung = stallOf(pool, 'hangs-0')?.since
    expect(await pool.host.stopTask(task('hangs'), 10)).toBe('cancelled')
    // The thread where the first attempt hangs takes another task, and the other thread the second attempt.
    await pool.host.startTask(source(task('beside'), { topic: await newTopic(), ...brisk }))
    const from = pool.seen.length
    await pool.host.startTask(source(task('hangs'), config))
    await pool.says('hangs-0 RUNNING', 2)
    const toldOf = (name: string) => pool.seen.slice(from).filter(({ task: { connector } }) => connector === name)
    for (const name of ['beside', 'hangs']) {
      await expect.poll(() => toldOf(name).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(10)
    }
    const begun = toldOf('hangs').flatMap(({ unfinished }) => unfinished.map(({ since }) => since))
    expect(begun).not.toContain(hung)
  })

  test('of a source and a sink that have nothing to do: they are idle, however long', async () => {
    await using pool = await openPool()
    const topic = await newTopic()
    await pool.host.startTask(source(task('quiet'), { topic, hook: 'quiet', ...brisk }))
    await pool.host.startTask(sink(task('idle'), { topics: topic, ...brisk }))
    await pool.says('quiet-0 RUNNING')
    await pool.says('idle-0 RUNNING')
    /** Each poll that answered when it was asked made room for another one. */
    const polls = new Set<number>()
    await expect
      .poll(
        () => {
          expect([stallOf(pool, 'quiet-0'), stallOf(pool, 'idle-0')]).toEqual([null, null])
          for (const { stage, since } of pool.unfinished.get('quiet-0') ?? []) if (stage === 'polling') polls.add(since)
          return polls.size
        },
        { timeout: 20_000 },
      )
      .toBeGreaterThanOrEqual(3)
  })
})
