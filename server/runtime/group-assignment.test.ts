import { describe, expect, test } from 'vitest'
import { taskName } from '#server/contract/connector.ts'
import { describeCauses } from '#server/contract/rebalance-words.ts'
import { createConfigFold } from '#server/core/config-fold.ts'
import { createRebalanceBook } from '#server/core/rebalance-book.ts'
import { noWork, parseTaskName, type Work } from '#server/core/work.ts'
import {
  type ConnectProtocolVersion,
  decodeConnectAssignment,
  encodeConnectMetadata,
} from '#server/protocol/connect-bytes.ts'
import { type AssignedMember, createGroupAssignment } from '#server/runtime/group-assignment.ts'

const urlOf = (member: string) => `http://${member.replace(/\d+$/, '')}/`
const work = (...names: string[]): Work => ({
  connectors: names.filter((name) => !name.includes('-')),
  tasks: names.flatMap((name) => parseTaskName(name) ?? []),
})
const namesOf = ({ connectors, tasks }: Work) => [...connectors, ...tasks.map(taskName)].sort()

interface Said {
  holds?: Work
  offset?: number
  /** Who gave it its work, by member id. */
  leader?: string
}

/** A leader of a group whose clock and topics a test moves. */
function leading({ connectors = { c: 2 } as Record<string, number>, maxDelayMs = null as number | null } = {}) {
  let now = 1000
  let begunAt = 0
  let completed = -1
  let generation = 0
  let meanwhile: () => void = () => undefined
  const fold = createConfigFold()
  for (const [connector, tasks] of Object.entries(connectors)) {
    fold.apply({ kind: 'connector', connector, config: {} }, 0)
    for (let task = 0; task < tasks; task++) fold.apply({ kind: 'task', id: { connector, task }, config: {} }, 1)
    fold.apply({ kind: 'commit', connector, tasks }, 2)
  }
  const configs = { offset: 5, behind: 0, reads: 0 }
  const put = new Set<string>()
  const book = createRebalanceBook()
  const told: (readonly AssignedMember[])[] = []
  const assignment = createGroupAssignment({
    maxDelayMs,
    configs: {
      get state() {
        return { ...fold.state, offset: configs.offset }
      },
      async readToEnd() {
        configs.reads++
        configs.offset += configs.behind
      },
    },
    lastCompletedGeneration: () => completed,
    async readStatuses() {
      meanwhile()
    },
    putDown: (lost) => namesOf(lost).every((name) => put.has(name)),
    saidGoodbye: (lost) => namesOf(lost).every((name) => put.has(name)),
    clock: { now: () => now, monotonic: () => now },
    roundBegunAt: () => begunAt,
    onDealt: (round) => void book.dealt(round),
    onAssigned: (members) => told.push(members),
  })
  return {
    ...{ assignment, configs, put, told },
    pass: (ms: number) => {
      now += ms
    },
    /** Another round on its own; `goesOn` when it follows at once on one that revoked or broke off. */
    async round(
      said: Record<string, Said>,
      {
        goesOn = false,
        breaksOff = false,
        version = 2 as ConnectProtocolVersion,
        leader = Object.keys(said)[0] ?? '',
      } = {},
    ) {
      if (!goesOn) begunAt = ++now
      generation++
      const bytes = await assignment.assign({
        protocol: ['default', 'compatible', 'sessioned'][version] ?? '',
        generation,
        leaderId: leader,
        members: Object.entries(said).map(([memberId, { holds = noWork, offset = 5, leader: of }]) => ({
          memberId,
          groupInstanceId: null,
          metadata: encodeConnectMetadata({
            ...{ version, url: urlOf(memberId), offset, topics: null },
            assignment:
              namesOf(holds).length === 0 || version === 0
                ? null
                : {
                    ...{ version, error: 0, leader: of ?? leader, leaderUrl: urlOf(of ?? leader), offset, delay: 0 },
                    ...{ connectors: [...holds.connectors], tasks: [...holds.tasks] },
                    ...{ revokedConnectors: [], revokedTasks: [] },
                  },
          }),
        })),
      })
      if (!breaksOff) completed = generation
      return new Map([...bytes].map(([id, one]) => [id, decodeConnectAssignment(one)]))
    },
    /** A connector is created while the leader reads what was said of the tasks. */
    createdMeanwhile(connector: string) {
      meanwhile = () => {
        fold.apply({ kind: 'connector', connector, config: {} }, 6)
        configs.offset = 7
      }
    },
    /** A round that another member led. */
    elsewhere: () => {
      completed = ++generation
    },
    reason: () => describeCauses(book.latest()?.causes ?? []),
    moves: () => book.latest()?.moves,
  }
}

describe('the reason of a rebalance', () => {
  test('what is created while the leader waits is dealt in the same round, or the members hear of an older config', async () => {
    const { createdMeanwhile, round } = leading({ connectors: {} })
    createdMeanwhile('late')
    const given = (await round({ a1: {} })).get('a1')
    expect(given?.offset).toBe(7)
    expect(given?.connectors).toEqual(['late'])
  })

  test('of a worker alone is that it leads', async () => {
    const { round, reason } = leading()
    await round({ a1: {} })
    expect(reason()).toBe('a:80 leads the group now')
  })

  test('names who joined and who left, both when both happened', async () => {
    const { round, reason } = leading()
    await round({ a1: {} })
    await round({ a1: { holds: work('c', 'c-0', 'c-1') }, b1: {} })
    expect(reason()).toBe('b:80 joined the group')
    await round({ a1: { holds: work('c', 'c-0') }, d1: {} })
    expect(reason()).toBe('b:80, d:80 joined the group; b:80 left the group')
    await round({ a1: { holds: work('c', 'c-0') }, d1: { holds: work('c-1') } })
    expect(reason()).toBe('the share of the work changed')
  })

  test('of a new leader never says of a worker that was there all the time that it joined', async () => {
    const { round, reason } = leading()
    await round({ a1: { holds: work('c-1'), leader: 'old1' }, old2: {} }, { leader: 'a1' })
    expect(reason()).toBe('old:80 left the group; a:80 leads it now')
  })

  test('of a leader that led before, but not the last round, does not compare with what is long past', async () => {
    const { round, elsewhere, reason } = leading()
    await round({ a1: {} })
    elsewhere()
    await round({ a1: { holds: work('c'), leader: 'b1' }, b1: { holds: work('c-0'), leader: 'b1' } })
    expect(reason()).toBe('a:80 leads the group now')
  })

  test('stays what it was in the rounds that follow at once, and what moved is counted together', async () => {
    const { round, reason, moves } = leading()
    await round({ a1: {} })
    const revoking = await round({ a1: { holds: work('c', 'c-0', 'c-1') }, b1: {} })
    expect(revoking.get('a1')?.revokedTasks).toHaveLength(1)
    await round({ a1: { holds: work('c', 'c-1') }, b1: {} }, { goesOn: true })
    expect(reason()).toBe('b:80 joined the group')
    expect(moves()).toHaveLength(1)
  })

  test('outlives a round that broke off', async () => {
    const { round, reason } = leading()
    await round({ a1: {} })
    await round({ a1: { holds: work('c', 'c-0', 'c-1') }, b1: {} }, { breaksOff: true })
    await round({ a1: { holds: work('c', 'c-0', 'c-1') }, b1: {}, d1: {} }, { goesOn: true })
    expect(reason()).toBe('b:80, d:80 joined the group')
  })
})

describe('what members are told', () => {
  test('is the newest config position that anybody has read, after reading on', async () => {
    const { round, configs } = leading()
    configs.behind = 4
    const told = await round({ a1: {}, b1: { offset: 9 } })
    expect(configs.reads).toBe(1)
    expect(told.get('b1')).toMatchObject({ error: 0, offset: 9, leader: 'a1', leaderUrl: 'http://a/' })
  })

  test('is a mismatch, and no work, while the leader cannot read what some member has', async () => {
    const { round, told, moves } = leading()
    const answers = await round({ a1: {}, b1: { offset: 9 } })
    for (const answer of answers.values())
      expect(answer).toMatchObject({ error: 1, offset: 9, connectors: [], tasks: [] })
    expect(told).toEqual([])
    expect(moves()).toBeUndefined()
  })

  test('is everything, dealt by turns, in an eager group', async () => {
    const { round } = leading()
    const answers = await round({ b1: {}, a1: {} }, { version: 0 })
    expect(namesOf(answers.get('a1') ?? noWork)).toEqual(['c', 'c-1'])
    expect(namesOf(answers.get('b1') ?? noWork)).toEqual(['c-0'])
  })
})

describe('the work of a worker that is gone', () => {
  const three = { a1: { holds: work('c') }, b1: { holds: work('c-0') } }
  const lostBy = async (group: ReturnType<typeof leading>) => {
    await group.round({ a1: {}, b1: {}, d1: {} })
    await group.round({ a1: { holds: work('c') }, b1: { holds: work('c-0') }, d1: { holds: work('c-1') } })
    return group.round(three)
  }

  test('waits a second for it to come back', async () => {
    const group = leading()
    const answers = await lostBy(group)
    expect(answers.get('a1')).toMatchObject({ tasks: [], delay: 1000 })
    group.pass(1000)
    const after = await group.round(three)
    expect([...after.values()].flatMap(namesOf)).toEqual(['c-1'])
    expect(group.reason()).toBe('d:80 stopped answering')
  })

  test('does not wait when it was put down', async () => {
    const group = leading()
    group.put.add('c-1')
    const answers = await lostBy(group)
    expect([...answers.values()].flatMap(namesOf)).toEqual(['c-1'])
    expect(answers.get('a1')?.delay).toBe(0)
    expect(group.reason()).toBe('d:80 left the group')
  })

  test('goes to its replacement at once', async () => {
    const group = leading()
    await lostBy(group)
    const answers = await group.round({ ...three, e1: {} })
    expect(namesOf(answers.get('e1') ?? noWork)).toEqual(['c-1'])
  })

  test('waits exactly scheduled.rebalance.max.delay.ms when it is set, put down or not, replaced or not', async () => {
    const group = leading({ maxDelayMs: 60_000 })
    group.put.add('c-1')
    expect((await lostBy(group)).get('a1')).toMatchObject({ tasks: [], delay: 60_000 })
    group.pass(20_000)
    const replaced = await group.round({ ...three, e1: {} })
    expect([...replaced.values()].flatMap(namesOf)).toEqual([])
    expect(replaced.get('e1')?.delay).toBeLessThanOrEqual(40_000)
    group.pass(40_000)
    const after = await group.round({ ...three, e1: {} })
    expect(namesOf(after.get('e1') ?? noWork)).toEqual(['c-1'])
  })

  test('waits for nobody when scheduled.rebalance.max.delay.ms is 0', async () => {
    const answers = await lostBy(leading({ maxDelayMs: 0 }))
    expect([...answers.values()].flatMap(namesOf)).toEqual(['c-1'])
  })
})
