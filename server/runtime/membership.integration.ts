import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AssignmentsQuery, RebalanceCause } from '#server/contract/assignments.ts'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { sourceClass } from '#server/runtime/test-tree/plugins.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTestGroup, type TestGroup, type TestWorker } from '#server/runtime/test-tree/test-group.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const source = (tasks: number) => ({ 'connector.class': sourceClass, topic: 't', 'tasks.max': `${tasks}` })

interface GroupWishes {
  workers: number
  tasks?: number
  common?: Record<string, string>
  clock?: Clock
}

/** A group in which `tasks` tasks of connector `c` run; what it did is judged at its end (I7). */
async function inGroup(
  { workers, tasks = 4, common = {}, clock }: GroupWishes,
  run: (group: TestGroup, ...workers: TestWorker[]) => Promise<void>,
): Promise<void> {
  await using group = createTestGroup(kafka.bootstrapServers, common, clock)
  const all: TestWorker[] = []
  for (let i = 0; i < workers; i++) all.push(await group.add())
  await Promise.all(all.map(({ started }) => started))
  if (all.length > 0) await group.settledAs(...all)
  if (tasks > 0) {
    await all[0]?.rest.create({ name: 'c', config: source(tasks) })
    await eventually('all tasks to run', () => everything(tasks).every((name) => group.ownership.ownerOf(name)))
    await group.settledAs(...all)
  }
  await run(group, ...all)
  expect(group.ownership.violations).toEqual([])
}

const everything = (tasks: number) => ['connector c', ...Array.from({ length: tasks }, (_, n) => `c-${n}`)]
const loads = (group: TestGroup, workers: readonly TestWorker[]) =>
  workers.map(({ id }) => group.ownership.heldBy(id).filter((name) => !name.startsWith('connector')).length)

describe('a group', () => {
  test('shares tasks evenly among workers that come and go, and leaves alone what need not move', () =>
    inGroup({ workers: 1 }, async (group, first) => {
      const second = await group.add()
      await group.settledAs(...[first as TestWorker, second])
      expect(loads(group, group.workers)).toEqual([2, 2])
      const kept = group.ownership.heldBy(first?.id ?? '').filter((name) => group.ownership.starts(name) === 1)
      expect(kept).toHaveLength(3) // the connector and two tasks were never stopped
      const third = await group.add()
      await group.settledAs(...group.workers)
      expect(loads(group, group.workers).toSorted()).toEqual([1, 1, 2])
      await second[Symbol.asyncDispose]()
      await group.settledAs(...group.workers)
      expect(loads(group, [first as TestWorker, third])).toEqual([2, 2])
      for (const name of kept) expect(group.ownership.starts(name)).toBeLessThanOrEqual(2)
    }))

  test('is formed once by workers that start together', () =>
    inGroup({ workers: 0, tasks: 0 }, async (group) => {
      const workers = await Promise.all([group.add(), group.add(), group.add()])
      await Promise.all(workers.map(({ started }) => started))
      const view = await group.settledAs(...workers)
      expect(view.protocol).toBe('sessioned')
      await workers[1]?.rest.create({ name: 'c', config: source(6) })
      await eventually('all tasks to run', () => everything(6).every((name) => group.ownership.ownerOf(name)))
      await group.settledAs(...workers)
      expect(loads(group, workers)).toEqual([2, 2, 2])
    }))

  test.each(['eager', 'compatible'])('works by the %s protocol', (protocol) =>
    inGroup({ workers: 2, common: { 'connect.protocol': protocol } }, async (group, first, second) => {
      const view = await group.settledAs(first as TestWorker, second as TestWorker)
      expect(view.protocol).toBe(protocol === 'eager' ? 'default' : protocol)
      const third = await group.add()
      await group.settledAs(...group.workers)
      expect(Math.max(...loads(group, group.workers))).toBeLessThanOrEqual(2)
      await third[Symbol.asyncDispose]()
      await group.settledAs(...group.workers)
      expect(loads(group, group.workers)).toEqual([2, 2])
    }),
  )

  test('falls back to the protocol that everybody speaks', () =>
    inGroup({ workers: 1 }, async (group, first) => {
      const old = await group.add({ settings: { 'connect.protocol': 'compatible' } })
      expect((await group.settledAs(first as TestWorker, old)).protocol).toBe('compatible')
    }))
})

describe('I7: one owner at a time', () => {
  test('what is revoked is put down before anybody else is given it, however long that takes', () =>
    inGroup({ workers: 0, tasks: 0 }, async (group) => {
      const slow = await group.add({ wishes: { stopMs: 700 } })
      await slow.started
      await slow.rest.create({ name: 'c', config: source(4) })
      await eventually('all tasks to run', () => group.ownership.heldBy(slow.id).length === 5)
      const other = await group.add()
      await group.settledAs(slow, other)
      expect(loads(group, [slow, other])).toEqual([2, 2])
    }))

  test('the work of a killed worker goes to the others within its session and five seconds', () =>
    inGroup({ workers: 3, tasks: 6 }, async (group, first, second, third) => {
      const before = performance.now()
      second?.kill()
      await group.settledAs(first as TestWorker, third as TestWorker)
      expect(performance.now() - before).toBeLessThan(3 * (3_000 + 5_000))
      expect(loads(group, [first as TestWorker, third as TestWorker])).toEqual([3, 3])
    }))

  test('the work of a worker that was stopped is taken over without a pause', () =>
    inGroup({ workers: 2, common: { 'session.timeout.ms': '30000' } }, async (group, first, second) => {
      await second?.[Symbol.asyncDispose]()
      await group.settledAs(first as TestWorker)
      const view = await first?.rest.cluster()
      expect(view?.lastRebalance?.reason).toBe(`${second?.id} left the group`)
      expect(loads(group, [first as TestWorker])).toEqual([4])
    }))

  test('who hears that a worker puts its work down does not wait for its next heartbeat to take it over', () => {
    const calmHeartbeatMs = 1_000
    let waiting = 0
    /** Waits between the heartbeats of a calm group end only when somebody ends them. */
    const clock: Clock = {
      ...systemClock,
      sleep(ms, signal) {
        if (ms !== calmHeartbeatMs || !signal) return systemClock.sleep(ms, signal)
        waiting += 1
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      },
    }
    const common = { 'session.timeout.ms': '60000', 'heartbeat.interval.ms': '50000' }
    return inGroup({ workers: 2, common, clock }, async (group, first, second) => {
      waiting = 0
      await eventually('both to be calm', () => waiting >= 2)
      await second?.[Symbol.asyncDispose]()
      await eventually('the other one to run everything', () => loads(group, [first as TestWorker])[0] === 4)
    })
  })

  test.each(['cut', 'freeze'] as const)(
    'a worker out of touch (%s) puts its work down by itself, before its session ends, and takes part again',
    (fault) =>
      inGroup({ workers: 2 }, async (group, first, second) => {
        const lonely = second as TestWorker
        expect(group.ownership.heldBy(lonely.id).length).toBeGreaterThan(0)
        const before = performance.now()
        lonely.wire[fault]()
        await eventually('it to put everything down', () => group.ownership.heldBy(lonely.id).length === 0)
        // heartbeat.interval.ms and one second, and a machine that is busy with other things
        expect(performance.now() - before).toBeLessThan(500 + 1_000 + 700)
        await group.settledAs(first as TestWorker)
        lonely.wire.mend()
        await group.settledAs(first as TestWorker, lonely)
        expect(loads(group, [first as TestWorker, lonely])).toEqual([2, 2])
      }),
  )

  test('a worker that loses touch while it waits for the others in a round puts its work down too', () =>
    inGroup({ workers: 2, common: { 'rebalance.timeout.ms': '20000' } }, async (group, first, second) => {
      const [staying, lonely] = [first as TestWorker, second as TestWorker]
      staying.wire.freeze() // does not join, so the round of the other one hangs
      const newcomer = await group.add()
      await eventually('the round to begin', () => {
        const stage = lonely.worker.stage()
        return stage?.completedAt === undefined && stage?.description === 'ensuring membership in the cluster'
      })
      lonely.wire.freeze()
      await eventually('both to put everything down', () => {
        return group.ownership.heldBy(staying.id).length + group.ownership.heldBy(lonely.id).length === 0
      })
      staying.wire.mend()
      lonely.wire.mend()
      await group.settledAs(staying, lonely, newcomer)
    }))
})

describe('a delay', () => {
  test('of scheduled.rebalance.max.delay.ms is kept when it is set: the work waits, and goes to the worker that came back', () =>
    inGroup({ workers: 2, common: { 'scheduled.rebalance.max.delay.ms': '3000' } }, async (group, first, second) => {
      const stayed = first as TestWorker
      const lost = group.ownership.heldBy(second?.id ?? '')
      await second?.[Symbol.asyncDispose]()
      const view = await eventually('the delay', async () => {
        const now = await stayed.rest.cluster().catch(() => undefined)
        return now && now.delayMs > 0 && now.workers.length === 1 ? now : undefined
      })
      expect(view.delayMs).toBeGreaterThan(1_000)
      expect(view.delayMs).toBeLessThanOrEqual(3_000)
      expect(lost.some((name) => group.ownership.ownerOf(name))).toBe(false)
      const back = await group.add()
      await group.settledAs(stayed, back)
      expect(group.ownership.heldBy(back.id)).toEqual(lost)
    }))

  test('is none when a replacement is there', () =>
    inGroup({ workers: 2 }, async (group, first, second) => {
      const lost = group.ownership.heldBy(second?.id ?? '')
      second?.kill()
      const replacement = await group.add()
      await group.settledAs(first as TestWorker, replacement)
      for (const name of lost) expect(group.ownership.ownerOf(name)).toBe(replacement.id)
    }))
})

describe('a change of a config', () => {
  test('balances the group anew only when connectors or their number of tasks changed', () =>
    inGroup({ workers: 2 }, async (group, first, second) => {
      const workers = [first as TestWorker, second as TestWorker] as const
      const { rest } = workers[0]
      const generation = async () => (await group.settledAs(...workers)).generation
      const before = await generation()
      const starts = group.ownership.starts('c-0')
      await rest.putConfig('c', { ...source(4), topic: 'other' })
      await eventually('its tasks to start again', () => group.ownership.starts('c-0') > starts)
      await rest.setTargetState('c', 'PAUSED')
      await rest.setTargetState('c', 'STARTED')
      expect(await generation()).toBe(before)
      await rest.putConfig('c', source(5))
      await eventually('the new task', () => group.ownership.ownerOf('c-4'))
      const after = await generation()
      expect(after).toBeGreaterThan(before)
      await rest.create({ name: 'd', config: source(1) })
      await eventually('the new connector', () => group.ownership.ownerOf('d-0'))
      expect(await generation()).toBeGreaterThan(after)
      await rest.delete('d')
      await eventually('its end', () => !group.ownership.ownerOf('d-0') && !group.ownership.ownerOf('connector d'))
    }))
})

describe('a worker that is drained', () => {
  const drained = (group: TestGroup, worker: TestWorker) =>
    eventually(`${worker.id} to be drained`, async () => {
      const view = await group.workers[0]?.rest.cluster().catch(() => undefined)
      return view?.drains.find(({ worker: id, state }) => id === worker.id && state === 'drained')
    })

  test.each([0, 1])('hands its work over piece by piece, each of which is stopped once (worker %i)', (n) =>
    inGroup({ workers: 3, tasks: 9 }, async (group, ...workers) => {
      const worker = workers[n] as TestWorker
      const starts = () => everything(9).map((name) => group.ownership.starts(name))
      const before = starts()
      const its = group.ownership.heldBy(worker.id)
      // Asked of another worker: whoever leads decides.
      expect(await workers[(n + 1) % 3]?.rest.drain(worker.id)).toMatchObject({ worker: worker.id, state: 'draining' })
      await drained(group, worker)
      expect(group.ownership.heldBy(worker.id)).toEqual([])
      await group.settledAs(...workers)
      expect(starts()).toEqual(everything(9).map((name, i) => (before[i] ?? 0) + (its.includes(name) ? 1 : 0)))
    }),
  )

  test('stays empty when others come, go and lead, and is given its share when it is put back', () =>
    inGroup({ workers: 3, tasks: 6 }, async (group, ...workers) => {
      const view = await group.settledAs(...workers)
      const leader = workers.find(({ id }) => view.workers.find((worker) => worker.id === id)?.leader) as TestWorker
      const [worker, other] = workers.filter((one) => one !== leader) as [TestWorker, TestWorker]
      await other.rest.drain(worker.id)
      await drained(group, worker)
      await leader[Symbol.asyncDispose]()
      await group.settledAs(worker, other)
      expect(loads(group, [worker, other])).toEqual([0, 6])
      const newcomer = await group.add()
      await group.settledAs(worker, other, newcomer)
      expect(loads(group, [worker, other, newcomer])).toEqual([0, 3, 3])
      await worker.rest.undrain(worker.id)
      await eventually('it to have its share', () => group.ownership.heldBy(worker.id).length > 0)
      await group.settledAs(worker, other, newcomer)
      expect(loads(group, [worker, other, newcomer])).toEqual([2, 2, 2])
    }))

  test('still answers, and lets the group write, while it leads and its work stops slowly', () =>
    inGroup({ workers: 0, tasks: 0 }, async (group) => {
      const slow = await group.add({ wishes: { stopMs: 600 } })
      await slow.started
      await slow.rest.create({ name: 'c', config: source(8) })
      await eventually('all tasks to run', () => group.ownership.heldBy(slow.id).length === 9)
      const other = await group.add()
      const view = await group.settledAs(slow, other)
      expect(view.workers.find(({ leader }) => leader)?.id).toBe(slow.id)
      await slow.rest.drain(slow.id)
      await other.rest.create({ name: 'd', config: source(1) })
      const [now] = (await other.rest.cluster()).drains
      expect(now?.state).toBe('draining')
      await drained(group, slow)
      await group.settledAs(slow, other)
    }))

  test('is refused when it is the last one that takes work, or none of the group', () =>
    inGroup({ workers: 2 }, async (group, first, second) => {
      const [one, two] = [first as TestWorker, second as TestWorker]
      await expect(one.rest.drain('nobody:1')).rejects.toMatchObject({
        code: 'WORKER_NOT_FOUND',
        message: expect.stringContaining(two.id),
      })
      await one.rest.drain(two.id)
      await expect(two.rest.drain(one.id)).rejects.toMatchObject({ code: 'NOWHERE_TO_DRAIN' })
      await drained(group, two)
      expect(loads(group, [one, two])).toEqual([4, 0])
    }))

  test('runs everything when all others are gone: a drain is never an outage', () =>
    inGroup({ workers: 2 }, async (group, first, second) => {
      const [one, two] = [first as TestWorker, second as TestWorker]
      await one.rest.drain(two.id)
      await drained(group, two)
      await one[Symbol.asyncDispose]()
      const view = await group.settledAs(two)
      expect(view.drains).toMatchObject([{ worker: two.id, state: 'waiting', left: 5, waitsFor: 'worker' }])
    }))

  test('is emptied at once by the eager protocol, which stops everything in every round anyway', () =>
    inGroup({ workers: 2, common: { 'connect.protocol': 'eager' } }, async (group, first, second) => {
      const [one, two] = [first as TestWorker, second as TestWorker]
      await one.rest.drain(two.id)
      await drained(group, two)
      await group.settledAs(one, two)
      expect(loads(group, [one, two])).toEqual([4, 0])
    }))
})

describe('the history of assignments', () => {
  /** The newest rebalance of a kind, as this worker tells it. */
  const told = (worker: TestWorker, kind: RebalanceCause['kind'], query: Partial<AssignmentsQuery> = {}) =>
    eventually(`${worker.id} to tell of ${kind}`, async () => {
      const page = await worker.rest.assignments({ limit: 20, ...query }).catch(() => undefined)
      return page?.history.find(({ causes }) => causes.some((cause) => cause.kind === kind))
    })

  test('tells who was lost, what moved where and how long it was down, also when its leader is gone', () =>
    inGroup({ workers: 3, tasks: 6, common: { 'sluice.events.enabled': 'true' } }, async (group, ...workers) => {
      const view = await group.settledAs(...workers)
      const leader = workers.find(({ id }) => view.workers.find((worker) => worker.id === id)?.leader) as TestWorker
      const [victim, witness] = workers.filter((one) => one !== leader) as [TestWorker, TestWorker]
      const lost = group.ownership
        .heldBy(victim.id)
        .map((name) => name.replace('connector ', ''))
        .sort()
      victim.kill()
      await group.settledAs(leader, witness)
      const rebalance = await told(witness, 'lost')
      expect(rebalance).toMatchObject({ leader: leader.id, causes: [{ kind: 'lost', workers: [victim.id] }] })
      expect(
        rebalance.moves.map(({ connector, task }) => (task === undefined ? connector : `${connector}-${task}`)).sort(),
      ).toEqual(lost)
      for (const { from, to, downMs } of rebalance.moves) {
        expect({ from, downMs }).toEqual({ from: victim.id, downMs: expect.any(Number) })
        expect(to).toBe((await group.settledAs(leader, witness)).workers.find(({ id }) => id === to)?.id)
      }
      await leader[Symbol.asyncDispose]()
      await group.settledAs(witness)
      expect(await told(witness, 'lost')).toEqual(rebalance)
      const { current, history, origin } = await witness.rest.assignments({ limit: 1, worker: leader.id })
      expect([current.workers.map(({ id }) => id), current.source, history.length, origin]).toEqual([
        ...[[witness.id], 'leader', 1, 'topic'],
      ])
      expect((await witness.rest.assignments({ limit: 9, connector: 'nobody' })).history).toEqual([])
    }))

  test('tells of a drain as of one rebalance, piece by piece', () =>
    inGroup({ workers: 0, tasks: 0 }, async (group) => {
      const slow = await group.add({ wishes: { stopMs: 20 } })
      await slow.started
      await slow.rest.create({ name: 'c', config: source(8) })
      await eventually('all tasks to run', () => group.ownership.heldBy(slow.id).length === 9)
      const other = await group.add()
      await group.settledAs(slow, other)
      await other.rest.drain(slow.id)
      const { moves, rounds } = await told(other, 'drained')
      const its = moves.filter(({ from }) => from === slow.id)
      expect(its).toHaveLength(5)
      expect(rounds).toBeGreaterThanOrEqual(6)
      for (const { to, downMs } of its) expect({ to, downMs }).toEqual({ to: other.id, downMs: expect.any(Number) })
    }))
})

describe('what the leader says of the last rebalance', () => {
  test('never is that a worker joined which was there all the time, when the leader was replaced at the same address', () =>
    inGroup({ workers: 2 }, async (group, first, second) => {
      const view = await group.settledAs(first as TestWorker, second as TestWorker)
      const leader = group.workers.find(({ id }) => view.workers.find((worker) => worker.id === id)?.leader)
      const other = group.workers.find((worker) => worker !== leader) as TestWorker
      const port = Number(leader?.id.split(':')[1])
      await leader?.[Symbol.asyncDispose]()
      const again = await group.add({ port })
      await again.started
      const after = await group.settledAs(other, again)
      expect(after.lastRebalance?.reason).not.toContain(`${other.id} joined`)
      expect(after.lastRebalance?.reason).toMatch(new RegExp(`${again.id} (joined the group|left the group|came back)`))
    }))
})

describe('the time of day', () => {
  test('R-I30: that jumps an hour forward and two back moves nobody, stops nothing, and hides no death', () => {
    let jumpedMs = 0
    const clock = { ...systemClock, now: () => systemClock.now() + jumpedMs }
    return inGroup({ workers: 2, clock }, async (group, first, second) => {
      const both = [first as TestWorker, second as TestWorker] as const
      const { generation } = await group.settledAs(...both)
      for (const jumpMs of [3_600_000, -7_200_000]) {
        jumpedMs += jumpMs
        // Longer than a worker may hear nothing: whoever counted by the time of day would be out.
        await systemClock.sleep(1_600)
        await both[1].rest.setTargetState('c', 'PAUSED')
        expect((await group.settledAs(...both)).generation).toBe(generation)
      }
      expect(everything(4).map((name) => group.ownership.starts(name))).toEqual([1, 1, 1, 1, 1])
      const { workers } = await group.settledAs(...both)
      const leader = both.find(({ id }) => workers.find((worker) => worker.id === id)?.leader) as TestWorker
      leader.kill()
      await group.settledAs(...both.filter((one) => one !== leader))
    })
  })
})
