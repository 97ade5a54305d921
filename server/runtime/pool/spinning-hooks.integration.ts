import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { WorkerFacts } from '#server/core/validate-connector.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { openTroubledPool, sink, source, type TroubledPool } from '#server/runtime/pool/test-tree/troubled-pool.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'

const full = process.env.SLUICE_TEST_FULL === '1'

const { kafka, client, newTopic } = await kafkaOfFile(startRestartableKafka)
const folder = await mkdtemp(join(tmpdir(), 'sluice-spinning-'))
afterAll(() => rm(folder, { recursive: true }))

const newFile = () => join(folder, randomUUID())
const task = (connector: string, number = 0) => ({ connector, task: number })
const spinning = (hook: string) => ({ hook, trouble: 'spin' })
const progress = async (topic: string) => {
  const { length } = await readTopic(client, topic, 0)
  await readTopic(client, topic, length + 5)
}

/** A sink closes partitions only once it has some. */
const hasCommitted = (sinkName: string) =>
  expect
    .poll(() => createAdmin(client).groupOffsets(`connect-${sinkName}`), { timeout: 20_000 })
    .toContainEqual(expect.objectContaining({ partition: 0 }))

/** What spins every time, in each hook that a task has. */
const every = [
  { kind: 'source', hook: 'start', config: spinning('start') },
  { kind: 'source', hook: 'poll', config: spinning('poll') },
  { kind: 'source', hook: 'commit', config: spinning('commit') },
  { kind: 'source', hook: 'commitRecord', config: spinning('commitRecord') },
  { kind: 'source', hook: 'a converter', config: { 'value.converter': 'test.SpinningConverter' } },
  { kind: 'source', hook: 'a transform', config: { transforms: 't', 'transforms.t.type': 'test.SpinningTransform' } },
  {
    kind: 'source',
    hook: 'a predicate',
    config: {
      transforms: 't',
      'transforms.t.type': 'test.SpinningTransform',
      'transforms.t.predicate': 'p',
      predicates: 'p',
      'predicates.p.type': 'test.SpinningPredicate',
    },
  },
  { kind: 'sink', hook: 'start', config: spinning('start') },
  { kind: 'sink', hook: 'open', config: spinning('open') },
  { kind: 'sink', hook: 'put', config: spinning('put') },
  { kind: 'sink', hook: 'flush', config: spinning('flush') },
  { kind: 'sink', hook: 'a converter', config: { 'value.converter': 'test.SpinningConverter' } },
] as const
const lean = new Set(['source start'])
const cases = every.filter(({ kind, hook }) => full || lean.has(`${kind} ${hook}`))

const atTheEnd = [
  { kind: 'source', hook: 'stop' },
  { kind: 'sink', hook: 'close' },
  { kind: 'sink', hook: 'stop' },
] as const

describe('a task that spins every time', () => {
  let pool: TroubledPool
  let topics: [string, string]
  const neighbours = [task('first'), task('second')] as const
  const restarts = () => neighbours.map(({ connector }) => pool.count(`${connector}-0 RESTARTING`))
  const runs = () => neighbours.map(({ connector }) => pool.count(`${connector}-0 RUNNING`))
  const losses = () => pool.lines.filter(({ message }) => message.includes('is lost')).length

  beforeAll(async () => {
    pool = await openTroubledPool(kafka.bootstrapServers, { threads: 2 })
    topics = [await newTopic(), await newTopic()]
    for (const [n, id] of neighbours.entries()) {
      await pool.host.startTask(source(id, { topic: topics[n as 0] }))
      await readTopic(client, topics[n as 0], 5)
    }
  })
  afterAll(() => pool?.[Symbol.asyncDispose]())

  /** What a test leaves behind would be to blame in the next one. */
  const begun: ReturnType<typeof source>[] = []
  const begin = (start: ReturnType<typeof source>) => {
    begun.push(start)
    return pool.host.startTask(start)
  }
  afterEach(async () => {
    for (const { id } of begun.splice(0)) await pool.host.stopTask(id, 100)
  })

  const now = () => ({ restarts: restarts(), runs: runs() })

  /** One of them lost a thread for it, once, and runs again; both go on. */
  async function neighboursAreBack(before: ReturnType<typeof now>) {
    const hit = restarts().flatMap((count, n) => (count > (before.restarts[n] ?? 0) ? [n] : []))
    expect(hit.length).toBeLessThanOrEqual(1)
    for (const n of hit) {
      await pool.says(`${neighbours[n as 0].connector}-0 RUNNING`, (before.runs[n] ?? 0) + 1)
    }
    for (const topic of topics) await progress(topic)
    for (const n of hit) expect(restarts()[n]).toBe((before.restarts[n] ?? 0) + 1)
  }

  async function nextLoss(before: number) {
    await expect.poll(losses, { timeout: 20_000 }).toBeGreaterThan(before)
    return pool.lines.filter(({ message }) => message.includes('is lost'))[before] as { at: number; message: string }
  }

  test.each(cases)('I9: in $hook of a $kind costs a shared thread once, then only its own', async (chosen) => {
    const { kind, hook, config } = chosen
    const name = `${kind}-${hook.replace('a ', '')}`
    const start = kind === 'source' ? source : sink
    const own = kind === 'source' ? { topic: await newTopic() } : { topics: topics[0] }
    const before = now()
    const lossesBefore = losses()
    await begin(start(task(name), { ...own, ...config }))
    const lost = await nextLoss(lossesBefore)
    expect(lost.message).toContain(`task ${name}-0`)
    await neighboursAreBack(before)

    const newcomer = await newTopic()
    await begin(source(task(`beside-${name}`), { topic: newcomer }))
    await readTopic(client, newcomer, 5)
    await pool.says(`${name}-0 FAILED`)
    expect(pool.traces.get(`${name}-0`)).toMatch(new RegExp(`^Error: Thread .* is lost while .*task ${name}-0`))
    expect(await pool.host.stopTask(task(`beside-${name}`), 5_000)).toBe('stopped')
    expect(pool.count(`beside-${name}-0 RESTARTING`)).toBe(0)

    // As the restart policy begins it again: nobody else hears of it.
    const settled = restarts()
    await pool.host.stopTask(task(name), 100)
    await begin(start(task(name), { ...own, ...config }))
    await pool.says(`${name}-0 FAILED`, 2)
    expect(restarts()).toEqual(settled)
  })

  test.skipIf(!full).each(atTheEnd)(
    'I9: at its end, in $hook of a $kind, costs a shared thread once',
    async (chosen) => {
      const { kind, hook } = chosen
      const name = `ending-${kind}-${hook}`
      const own = kind === 'source' ? { topic: await newTopic() } : { topics: topics[0] }
      const before = now()
      await begin((kind === 'source' ? source : sink)(task(name), { ...own, ...spinning(hook) }))
      await pool.says(`${name}-0 RUNNING`)
      if (kind === 'sink') await hasCommitted(name)
      const lossesBefore = losses()
      expect(await pool.host.stopTask(task(name), 100)).toBe('cancelled')
      await nextLoss(lossesBefore)
      await neighboursAreBack(before)
    },
  )
})

test('I9: what spins after it has waited is found among all that seem busy; the others run for good', async () => {
  await using pool = await openTroubledPool(kafka.bootstrapServers, { threads: 1 })
  const topics = await Promise.all(['a', 'b', 'c', 'd'].map(() => newTopic()))
  for (const [n, topic] of topics.entries()) await pool.host.startTask(source(task(`good-${n}`), { topic }))
  for (const n of topics.keys()) await pool.says(`good-${n}-0 RUNNING`)
  await pool.host.startTask(source(task('bad'), { topic: await newTopic(), ...spinning('poll') }))
  await pool.says('bad-0 FAILED')
  for (const topic of topics) await progress(topic)
  expect(pool.told.filter((said) => said.endsWith('FAILED'))).toEqual(['bad-0 FAILED'])
})

test('what cost a thread once goes back to the others when it was calm, and repeats nothing by it', async () => {
  await using pool = await openTroubledPool(kafka.bootstrapServers, { threads: 1, firstQuarantineMs: 1_500 })
  const topic = await newTopic()
  await pool.host.startTask(source(task('once'), { topic, ...spinning('start'), once: newFile() }))
  await pool.line(/^once-0 moved from thread tasks-1 to tasks-2/)
  await pool.host.startConnector({
    name: 'c',
    config: { 'connector.class': 'test.TickSourceConnector', topic, ...spinning('taskConfigs'), once: newFile() },
    target: 'STARTED',
    generation: 1,
  })
  await expect(pool.host.taskConfigs('c')).rejects.toThrow('ended while generating task configs for connector c')
  // Once on a thread of its own, and once more among the others.
  await pool.says('c RUNNING', 2)
  expect((await pool.host.taskConfigs('c')).configs).toHaveLength(1)
  await pool.line(/^once-0 moves from thread tasks-2 back to the others/)
  const { length } = await readTopic(client, topic, 0)
  await readTopic(client, topic, length + 5)
  expect(await pool.host.stopTask(task('once'), 5_000)).toBe('stopped')
  const lives = (await readTopic(client, topic, 0)).map(({ value }) => value?.split(':')[0])
  expect(lives.filter((life, n) => life !== lives[n - 1]).length).toBeLessThanOrEqual(2)
  expect(new Set(lives).size).toBe(lives.filter((life, n) => life !== lives[n - 1]).length)
  await pool.host.stopConnector('c', 5_000)
})

test.skipIf(!full)(
  'I9: as many threads as there may be for what got stuck; the next one waits, and says for what',
  async () => {
    await using pool = await openTroubledPool(kafka.bootstrapServers, { threads: 1 })
    const topic = await newTopic()
    for (const n of [0, 1, 2, 3, 4]) {
      await pool.host.startTask(source(task(`spun-${n}`), { topic, ...spinning('start'), once: newFile() }))
      if (n < 4) await pool.says(`spun-${n}-0 RUNNING`)
    }
    await pool.says('spun-4-0 RESTARTING', 2)
    expect(pool.traces.get('spun-4-0')).toMatch(
      /^Error: Thread tasks-1 is lost while starting task spun-4-0.* It waits for one of the 4 threads for what got stuck\.$/,
    )
    await pool.host.stopTask(task('spun-0'), 5_000)
    await pool.says('spun-4-0 RUNNING')
  },
)

describe('a connector that spins every time', () => {
  const facts: WorkerFacts = {
    groupId: 'pool',
    converters: {},
    overrides: { policy: 'All', allowlist: [] },
    exactlyOnceEnabled: false,
  }
  let pool: TroubledPool
  const tick = { 'connector.class': 'test.TickSourceConnector', topic: 'any' }
  const start = (name: string, config: Record<string, string> = {}) =>
    pool.host.startConnector({ name, config: { ...tick, ...config }, target: 'STARTED', generation: 1 })
  const lines = (pattern: RegExp) => pool.lines.filter(({ message }) => pattern.test(message))
  const lostShared = /^Thread connectors is lost/

  beforeAll(async () => {
    pool = await openTroubledPool(kafka.bootstrapServers, { threads: 1 })
    await start('good')
  })
  afterAll(() => pool?.[Symbol.asyncDispose]())

  const ofInstances = [
    ['start', 'starting', (name: string) => start(name, spinning('startConnector'))],
    [
      'taskConfigs',
      'generating task configs for',
      async (name: string) => {
        await start(name, spinning('taskConfigs'))
        await pool.host.taskConfigs(name)
      },
    ],
    ['create', 'creating', (name: string) => start(name, spinning('createConnector'))],
  ] as const

  test.each(ofInstances.slice(0, full ? undefined : 1))(
    'I9: in %s holds up the others once, then nobody',
    async (hook, stage, cause) => {
      const name = `bad-${hook}`
      const before = lines(lostShared).length
      const runs = pool.count('good RUNNING')
      const bad = cause(name)
      // Asked while the thread is stuck: answered by the next one.
      const beside = start(`beside-${name}`).then(() => pool.host.taskConfigs(`beside-${name}`))
      const valid = pool.host.validate({ ...tick, name: 'v' }, facts)
      await expect(bad).rejects.toThrow(`ended while ${stage} connector ${name}`)
      expect((await beside).configs).toHaveLength(1)
      expect((await valid).errorCount).toBe(0)
      await pool.says('good RUNNING', runs + 1)

      const again = cause(name)
      await start(`later-${name}`)
      await expect(again).rejects.toThrow(`ended while ${stage} connector ${name}`)
      expect(lines(lostShared)).toHaveLength(before + 1)
      expect(pool.count('good RUNNING')).toBe(runs + 1)
      await pool.host.stopConnector(name, 1_000)
    },
  )

  test('I9: in validate or alterOffsets holds up the others once, then only those of its class', async () => {
    const drain = { 'connector.class': 'test.DrainSinkConnector', topics: 'any', name: 'v' }
    const before = lines(lostShared).length
    const bad = () => pool.host.validate({ ...drain, ...spinning('validate') }, facts)
    const stuck = bad()
    const valid = pool.host.validate({ ...tick, name: 'v' }, facts)
    await expect(stuck).rejects.toThrow('ended while validating a config of test.DrainSinkConnector')
    expect((await valid).errorCount).toBe(0)
    const again = bad()
    expect((await pool.host.validate({ ...tick, name: 'v' }, facts)).errorCount).toBe(0)
    await expect(again).rejects.toThrow('ended while validating a config of test.DrainSinkConnector')
    expect(lines(lostShared)).toHaveLength(before + 1)
    const altering = pool.host.alterOffsets('test.TickSourceConnector', spinning('alterOffsets'), [])
    await expect(altering).rejects.toThrow('ended while altering offsets with test.TickSourceConnector')
    await start('after-all')
  })
})
