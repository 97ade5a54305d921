import { writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import {
  carries,
  fileSink,
  fileSource,
  type Ground,
  isBalanced,
  type Kind,
  linesOf,
  openGround,
  put,
  running,
  shares,
} from '#e2e/connect/ground.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, askSettled } from '#e2e/harness/rest.ts'
import { readWhole, writeTopic } from '#e2e/harness/topic.ts'
import { createTopic } from '#e2e/harness/topic-settings.ts'
import { eventually } from '#e2e/start/eventually.ts'

let ground: Ground
afterEach(() => ground?.[Symbol.asyncDispose]())

const other = (kind: Kind): Kind => (kind === 'jvm' ? 'sluice' : 'jvm')
const protocols = ['sessioned', 'compatible', 'eager'] as const
const groups = protocols.flatMap((protocol) => (['jvm', 'sluice'] as const).map((leader) => ({ protocol, leader })))

/** Balanced in the end; incremental rounds take a moment to get there. */
const balanced = (worker: ConnectWorker, wanted: Record<string, number>, workers: readonly ConnectWorker[]) =>
  eventually(
    async () => {
      const placed = await running(worker, wanted, workers)
      return isBalanced(placed, workers) ? placed : undefined
    },
    { withinMs: 60_000, what: 'connectors and tasks are shared out evenly' },
  )

describe.each(groups)(
  'a $protocol group led by a $leader worker, with one of the other kind',
  ({ protocol, leader }) => {
    test('shares connectors and tasks through a join, changes, a kill, a return and the end of its leader', async () => {
      ground = openGround({ 'connect.protocol': protocol })
      const first = await ground.start(leader)
      const [from, later, to] = ['in.txt', 'later.txt', 'out.txt'].map((name) => ground.file(name)) as [
        string,
        string,
        string,
      ]
      writeFileSync(from, '')
      writeFileSync(later, '')
      const topic = `${ground.group}-lines`
      await put(first, 'source', fileSource(from, topic))
      await put(first, 'sink', fileSink(to, topic))
      await running(first, { source: 1, sink: 1 }, [first])
      await carries(from, to, ['alone 1', 'alone 2'])

      // Joins: work that ran on one is shared by two, and goes on.
      const second = await ground.start(other(leader))
      const pair = [first, second]
      const placed = await balanced(second, { source: 1, sink: 1 }, pair)
      expect(shares(placed, pair)).toEqual([
        { connectors: 1, tasks: 1 },
        { connectors: 1, tasks: 1 },
      ])
      await carries(from, to, ['shared 1', 'shared 2'])

      // Through the follower: created there, led here. Connectors on the follower hand their tasks to the leader.
      for (const n of [1, 2, 3, 4]) await put(second, `sink-${n}`, fileSink(ground.file(`out-${n}.txt`), topic, 2))
      const six = { source: 1, sink: 1, 'sink-1': 2, 'sink-2': 2, 'sink-3': 2, 'sink-4': 2 }
      const all = await balanced(first, six, pair)
      expect(Object.values(all.connectors)).toContain(second.id)
      for (const n of [1, 2, 3, 4]) await carries(from, ground.file(`out-${n}.txt`), [`sink ${n}`])

      // The map of the group, drawn by whoever of ours is in it: as the leader dealt, or from what the workers say.
      const { body: map } = await askSettled((leader === 'sluice' ? first : second).url, 'GET', '/sluice/v1/cluster')
      expect(map.source).toBe(leader === 'sluice' ? 'leader' : 'statuses')
      expect(map.workers.flatMap((worker: { tasks: unknown[] }) => worker.tasks)).toHaveLength(10)

      // A change reaches whoever runs it, in both directions: another file, more tasks, fewer tasks.
      await put(second, 'source', fileSource(later, topic))
      for (const n of [1, 2, 3, 4])
        await put(n % 2 ? first : second, `sink-${n}`, fileSink(ground.file(`out-${n}.txt`), topic, n))
      const changed = { source: 1, sink: 1, 'sink-1': 1, 'sink-2': 2, 'sink-3': 3, 'sink-4': 4 }
      await balanced(second, changed, pair)
      await carries(later, to, ['from the other file'])

      // A kill: everything runs on who is left; and it comes back.
      await second.part.kill()
      await running(first, changed, [first])
      await carries(later, to, ['after the kill'])
      await second.start()
      await balanced(second, changed, pair)
      await carries(later, to, ['after the return'])

      // The leader leaves cleanly: the other one leads, answers, and changes things.
      await first.part.stop()
      await running(second, changed, [second])
      await put(second, 'source', { ...fileSource(later, topic), 'batch.size': '100' })
      expect(await askSettled(second.url, 'DELETE', '/connectors/sink-4')).toMatchObject({ status: 204 })
      const { 'sink-4': _gone, ...rest } = changed
      await running(second, rest, [second])
      await carries(later, to, ['under the other leader'])
    })
  },
)

test('both kinds refuse unsigned and wrongly signed requests between workers in the same words', async () => {
  ground = openGround()
  const workers = [await ground.start('sluice'), await ground.start('jvm')] as const
  await put(workers[0], 'sink', fileSink(ground.file('out'), `${ground.group}-t`))
  await running(workers[1], { sink: 1 }, workers)
  const signed = (signature: string, algorithm: string) => ({
    'x-connect-authorization': signature,
    'x-connect-request-signature-algorithm': algorithm,
  })
  const attempts = [
    ['POST', '/connectors/sink/tasks', [], {}],
    ['POST', '/connectors/sink/tasks', [], signed('AAAA', 'HmacSHA256')],
    ['POST', '/connectors/sink/tasks', [], signed('AAAA', 'HmacMD5')],
    ['POST', '/connectors/sink/tasks', [], { 'x-connect-authorization': 'AAAA' }],
    ['PUT', '/connectors/sink/fence', undefined, {}],
    ['PUT', '/connectors/sink/fence', undefined, signed('AAAA', 'HmacSHA256')],
  ] as const
  for (const [method, path, body, headers] of attempts) {
    const [ours, theirs] = await Promise.all(workers.map(({ url }) => ask(url, method, path, body, headers)))
    expect({ headers, status: ours?.status, body: ours?.body }).toEqual({
      headers,
      status: theirs?.status,
      body: theirs?.body,
    })
  }
  await running(workers[0], { sink: 1 }, workers)
})

test.each(['jvm', 'sluice'] as const)(
  'keys that the %s leader rotates every second are taken up by the other kind at once',
  async (leader) => {
    ground = openGround({ 'inter.worker.key.ttl.ms': '1000' })
    const first = await ground.start(leader)
    const second = await ground.start(other(leader))
    const pair = [first, second]
    const wanted: Record<string, number> = {}
    // Tasks of those that run on the follower come to be by signed requests alone, each with the key of its second.
    for (let n = 0; n < 8; n++) {
      await put(second, `sink-${n}`, fileSink(ground.file(`out-${n}`), `${ground.group}-t`, 2))
      wanted[`sink-${n}`] = 2
      await running(first, wanted, pair)
    }
    await balanced(first, wanted, pair)
    const keys = () =>
      readWhole(ground.bootstrapServers, `${ground.group}-configs`).then(
        (records) =>
          new Set(records.flatMap(({ key, value }) => (String(key) === 'session-key' ? [String(value)] : []))).size,
      )
    const before = await keys()
    expect(before).toBeGreaterThan(2)
    // At rest as well: nobody joins, nothing changes.
    await eventually(async () => ((await keys()) > before + 1 ? true : undefined), {
      withinMs: 20_000,
      what: 'the leader goes on rotating',
    })
  },
)

const delayMs = 15_000

test.each(['jvm', 'sluice'] as const)(
  'under the %s leader the work of a killed worker waits for the whole delay, then goes to it again',
  async (leader) => {
    ground = openGround({ 'scheduled.rebalance.max.delay.ms': String(delayMs), 'session.timeout.ms': '6000' })
    const first = await ground.start(leader)
    const second = await ground.start(other(leader))
    const pair = [first, second]
    const topic = `${ground.group}-t`
    const wanted: Record<string, number> = {}
    await createTopic(ground.bootstrapServers, topic, { partitions: 1, config: {} })
    const out = (name: string) => ground.file(`${name}.out`)
    for (let n = 0; n < 4; n++) {
      await put(first, `sink-${n}`, fileSink(out(`sink-${n}`), topic))
      wanted[`sink-${n}`] = 1
    }
    const placed = await balanced(first, wanted, pair)
    const heldBy = (worker: ConnectWorker, all: typeof placed) =>
      Object.keys(wanted).filter((name) => all.tasks[`${name}-0`] === worker.id)
    const [kept, lost] = [heldBy(first, placed), heldBy(second, placed)]
    expect(lost).toHaveLength(2)

    await second.part.kill()
    const killedAt = performance.now()
    const back = second.start()
    await writeTopic(ground.bootstrapServers, topic, ['after the kill'])
    // A status may go on to say RUNNING for a worker that is gone; what arrives tells the truth.
    const arrival = (name: string) =>
      eventually(async () => (linesOf(out(name)).includes('after the kill') ? performance.now() : undefined), {
        withinMs: 60_000,
        what: `${name} goes on`,
      })
    for (const name of kept) expect((await arrival(name)) - killedAt).toBeLessThan(delayMs)
    for (const name of lost) expect((await arrival(name)) - killedAt).toBeGreaterThan(delayMs)
    await back
    const again = await running(first, wanted, pair)
    expect(heldBy(second, again)).toEqual(lost)
  },
)

test('a third and a fourth worker take their share from both kinds, and give it back', async () => {
  ground = openGround()
  const first = await ground.start('jvm')
  const topic = `${ground.group}-t`
  const wanted: Record<string, number> = {}
  for (let n = 0; n < 8; n++) {
    await put(first, `sink-${n}`, fileSink(ground.file(`out-${n}`), topic, 2))
    wanted[`sink-${n}`] = 2
  }
  const workers = [first, await ground.start('sluice')]
  await balanced(first, wanted, workers)
  // Two at once: several revocations in a row, answered by each in its own time.
  workers.push(...(await Promise.all([ground.start('sluice'), ground.start('sluice')])))
  for (const worker of workers) await balanced(worker, wanted, workers)
  await Promise.all([workers[1]?.part.stop(), workers[2]?.part.kill()])
  const left = [first, workers[3] as ConnectWorker]
  await balanced(first, wanted, left)
})

describe('a drain in a mixed group', () => {
  const four = { 'sink-0': 1, 'sink-1': 1, 'sink-2': 1, 'sink-3': 1 }

  async function mixed(leader: Kind) {
    ground = openGround()
    const first = await ground.start(leader)
    const second = await ground.start(other(leader))
    const pair = [first, second] as const
    for (const name of Object.keys(four)) await put(first, name, fileSink(ground.file(name), `${ground.group}-t`))
    await balanced(first, four, pair)
    return pair
  }

  test('led by Sluice empties a JVM worker, which goes on being in the group and takes its share when it is put back', async () => {
    const [leader, jvm] = await mixed('sluice')
    expect(await askSettled(leader.url, 'POST', `/sluice/v1/workers/${jvm.id}/drain`)).toMatchObject({ status: 202 })
    await running(leader, four, [leader])
    const drains = async () => (await askSettled(leader.url, 'GET', '/sluice/v1/cluster')).body.drains
    await eventually(async () => ((await drains())[0]?.state === 'drained' ? true : undefined), {
      withinMs: 30_000,
      what: 'the JVM worker is drained',
    })
    await running(jvm, four, [leader])
    expect(await askSettled(leader.url, 'DELETE', `/sluice/v1/workers/${jvm.id}/drain`)).toMatchObject({ status: 204 })
    await balanced(jvm, four, [leader, jvm])
  })

  test('led by a JVM worker is refused in words that say why', async () => {
    const [leader, ours] = await mixed('jvm')
    const answer = await askSettled(ours.url, 'POST', `/sluice/v1/workers/${ours.id}/drain`)
    expect(answer.status).toBe(409)
    expect(answer.body.message).toContain(`${leader.id} leads the group`)
    await balanced(ours, four, [leader, ours])
  })
})
