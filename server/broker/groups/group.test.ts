import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGroup, type Group, type JoinRequest } from '#server/broker/groups/group.ts'
import type { JoinAnswer, SyncAnswer } from '#server/broker/groups/group-member-state.ts'

function newGroup(options: { delayMs?: number } = {}): Group {
  let ids = 0
  return createGroup({
    id: 'g',
    initialRebalanceDelayMs: options.delayMs ?? 0,
    newMemberId: (prefix) => `${prefix}-${++ids}`,
    onSettled: () => {},
    now: 0,
    timeOfDay: () => 0,
  })
}

const asking = (more: Partial<JoinRequest> = {}): JoinRequest => ({
  memberId: '',
  instanceId: null,
  clientId: 'c',
  clientHost: '/127.0.0.1',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  protocolType: 'connect',
  protocols: [{ name: 'sessioned', metadata: Buffer.from('m') }],
  requireKnownId: false,
  canSkipAssignment: false,
  ...more,
})

/** Joins and collects the answers; the last one counts. */
function join(group: Group, now: number, more: Partial<JoinRequest> = {}): JoinAnswer[] {
  const answers: JoinAnswer[] = []
  group.join(asking(more), now, (answer) => answers.push(answer))
  return answers
}

function sync(
  group: Group,
  joined: JoinAnswer | undefined,
  now: number,
  assignments: [string, string][] = [],
): SyncAnswer[] {
  const answers: SyncAnswer[] = []
  group.sync(
    {
      memberId: joined?.memberId ?? '',
      instanceId: null,
      generation: joined?.generation ?? -1,
      protocolType: null,
      protocol: null,
      assignments: assignments.map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) })),
    },
    now,
    (answer) => answers.push(answer),
  )
  return answers
}

const beat = (group: Group, joined: JoinAnswer | undefined, now: number) =>
  group.heartbeat({ memberId: joined?.memberId ?? '', instanceId: null, generation: joined?.generation ?? -1 }, now)

/** Two members, stable, the first one leads. */
function pair(): { group: Group; a: JoinAnswer; b: JoinAnswer } {
  const group = newGroup()
  const [first] = join(group, 0)
  sync(group, first, 0, [[first?.memberId ?? '', 'alone']])
  const second = join(group, 1)
  expect(beat(group, first, 2)).toBe('REBALANCE_IN_PROGRESS')
  const again = join(group, 3, { memberId: first?.memberId ?? '' })
  const [a, b] = [again[0], second[0]]
  if (!a || !b) throw new Error('not both have joined')
  const waiting = sync(group, b, 4)
  sync(group, a, 5, [
    [a.memberId, 'for a'],
    [b.memberId, 'for b'],
  ])
  expect(waiting[0]?.assignment.toString()).toBe('for b')
  return { group, a, b }
}

test('a new dynamic member comes back with the id it was given', () => {
  const group = newGroup()
  const [refused] = join(group, 0, { requireKnownId: true })
  expect(refused).toMatchObject({ error: 'MEMBER_ID_REQUIRED', memberId: 'c-1' })
  const [joined] = join(group, 1, { requireKnownId: true, memberId: 'c-1' })
  expect(joined).toMatchObject({ error: 'NONE', memberId: 'c-1', leader: 'c-1', generation: 1, protocol: 'sessioned' })
  expect(join(group, 2, { memberId: 'stranger' })[0]?.error).toBe('UNKNOWN_MEMBER_ID')
})

test('the second member waits until the first has joined again; only the leader sees the members', () => {
  const { group, a, b } = pair()
  expect(group.state).toBe('Stable')
  expect([a.generation, b.generation]).toEqual([2, 2])
  expect(a.members.map(({ memberId }) => memberId)).toEqual([a.memberId, b.memberId])
  expect(b.members).toEqual([])
  expect([beat(group, a, 6), beat(group, b, 6)]).toEqual(['NONE', 'NONE'])
})

test('a member that is not heard of for its session time is taken out, and the rest rebalance', () => {
  const { group, a, b } = pair()
  expect(beat(group, a, 9_000)).toBe('NONE')
  expect(group.nextDeadline()).toBe(10_005)
  group.expire(10_004)
  expect(group.state).toBe('Stable')
  group.expire(10_005)
  expect(group.state).toBe('PreparingRebalance')
  expect(beat(group, b, 10_006)).toBe('UNKNOWN_MEMBER_ID')
  expect(beat(group, a, 10_006)).toBe('REBALANCE_IN_PROGRESS')
  const [joined] = join(group, 10_007, { memberId: a.memberId })
  expect(joined?.members).toHaveLength(1)
})

test('a member that does not join again within the rebalance timeout is left behind', () => {
  const { group, a, b } = pair()
  expect(group.leave({ memberId: b.memberId, instanceId: null }, 10)).toBe('NONE')
  const third = join(group, 20)
  expect(third).toEqual([])
  for (let now = 5_000; now < 60_000; now += 5_000) expect(beat(group, a, now)).toBe('REBALANCE_IN_PROGRESS')
  group.expire(60_009)
  expect(third).toEqual([])
  group.expire(60_010)
  expect(third[0]).toMatchObject({ error: 'NONE', leader: third[0]?.memberId })
  expect(beat(group, a, 60_011)).toBe('UNKNOWN_MEMBER_ID')
})

test('a member that joined but never asks for its assignment is taken out after the rebalance timeout', () => {
  const group = newGroup()
  const [a] = join(group, 0)
  group.expire(0)
  expect(group.state).toBe('CompletingRebalance')
  for (let now = 5_000; now < 60_000; now += 5_000) expect(beat(group, a, now)).toBe('NONE')
  group.expire(60_000)
  expect([group.state, group.members.size]).toEqual(['Empty', 0])
})

test('the protocol that all know and most prefer is chosen; who knows none of them is refused', () => {
  const group = newGroup()
  const named = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })) })
  const [a] = join(group, 0, named('sessioned', 'compatible', 'default'))
  join(group, 1, named('compatible', 'default'))
  const again = join(group, 2, { memberId: a?.memberId ?? '', ...named('sessioned', 'compatible', 'default') })
  expect(again[0]?.protocol).toBe('compatible')
  expect(join(group, 3, named('sessioned'))[0]?.error).toBe('INCONSISTENT_GROUP_PROTOCOL')
  expect(join(group, 3, { protocolType: 'consumer' })[0]?.error).toBe('INCONSISTENT_GROUP_PROTOCOL')
  expect(join(group, 3, { protocols: [] })[0]?.error).toBe('INCONSISTENT_GROUP_PROTOCOL')
})

test('an assignment for an old generation is refused', () => {
  const { group, a } = pair()
  join(group, 6, { memberId: a.memberId })
  expect(sync(group, a, 7)[0]?.error).toBe('REBALANCE_IN_PROGRESS')
  expect(sync(group, { ...a, generation: 1 }, 7)[0]?.error).toBe('ILLEGAL_GENERATION')
})

test('the initial delay lets members that start together join together', () => {
  const group = newGroup({ delayMs: 3_000 })
  const a = join(group, 0)
  const b = join(group, 1_000)
  group.expire(3_999)
  expect([a, b]).toEqual([[], []])
  group.expire(4_000)
  expect([a[0]?.generation, b[0]?.generation]).toEqual([1, 1])
})

test('a restarted static member keeps its assignment without a rebalance, and its old self is fenced', () => {
  const group = newGroup()
  const [a] = join(group, 0, { instanceId: 'i' })
  const self = { memberId: a?.memberId ?? '', instanceId: 'i', generation: 1 }
  group.sync(
    {
      ...self,
      protocolType: null,
      protocol: null,
      assignments: [{ memberId: self.memberId, assignment: Buffer.from('x') }],
    },
    0,
    () => {},
  )
  const [again] = join(group, 5, { instanceId: 'i', canSkipAssignment: true })
  expect(again).toMatchObject({ error: 'NONE', generation: 1, skipAssignment: true })
  expect(again?.memberId).not.toBe(a?.memberId)
  expect(group.heartbeat(self, 6)).toBe('FENCED_INSTANCE_ID')
  expect(group.members.get(again?.memberId ?? '')?.assignment.toString()).toBe('x')
})

test('offsets are taken from current members, and from strangers only while nobody is there', () => {
  const { group, a } = pair()
  const nobody = { memberId: '', instanceId: null, generation: -1 }
  expect(group.mayCommit({ ...a, instanceId: null }, 6)).toBe('NONE')
  expect(group.mayCommit({ ...a, generation: 1, instanceId: null }, 6)).toBe('ILLEGAL_GENERATION')
  expect(group.mayCommit(nobody, 6)).toBe('UNKNOWN_MEMBER_ID')
  expect(newGroup().mayCommit(nobody, 0)).toBe('NONE')
})

const step = fc.record({
  kind: fc.constantFrom('new', 'rejoin', 'sync', 'leave', 'wait', 'beat'),
  who: fc.nat(4),
  waitMs: fc.nat(30_000),
})

test('I10: under any history every question is answered once, and time alone empties a group that is left', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const group = newGroup()
      const known: string[] = []
      const answered: number[] = []
      let now = 0
      const question = () => {
        const id = answered.push(0) - 1
        return () => {
          answered[id] = (answered[id] ?? 0) + 1
        }
      }
      for (const { kind, who, waitMs } of steps) {
        const memberId = known[who % Math.max(1, known.length)] ?? 'nobody'
        const { generation } = group
        if (kind === 'new' || kind === 'rejoin') {
          const done = question()
          group.join(asking({ memberId: kind === 'new' ? '' : memberId }), now, (answer) => {
            done()
            if (answer.error === 'NONE' && !known.includes(answer.memberId)) known.push(answer.memberId)
          })
        } else if (kind === 'sync') {
          const asked = { memberId, instanceId: null, generation, protocolType: null, protocol: null, assignments: [] }
          group.sync(asked, now, question())
        } else if (kind === 'leave') group.leave({ memberId, instanceId: null }, now)
        else if (kind === 'beat') group.heartbeat({ memberId, instanceId: null, generation }, now)
        else {
          now += waitMs
          group.expire(now)
        }
      }
      for (let round = 0; round < 200; round++) {
        const at = group.nextDeadline()
        if (at === undefined) break
        now = Math.max(now, at)
        group.expire(now)
      }
      expect(group.nextDeadline()).toBeUndefined()
      expect([group.state, group.members.size]).toEqual(['Empty', 0])
      expect(answered.every((count) => count === 1)).toBe(true)
    }),
    { numRuns: 300 },
  )
})
