import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignCooperatively, assignSticky, type StickyMember } from '#server/kafka/sticky-assignor.ts'
import type { TopicPartitions } from '#server/protocol/consumer-bytes.ts'

const flat = (assigned: readonly TopicPartitions[]) =>
  assigned.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`))

/** One round; its outcome is what everybody holds and claims in the next one. */
function round(members: readonly StickyMember[], counts: ReadonlyMap<string, number>): StickyMember[] {
  const assigned = assignCooperatively(members, counts)
  return members.map((member) => ({
    ...member,
    owned: assigned.get(member.memberId) ?? [],
    generation: member.generation + 1,
  }))
}

const counts = fc
  .dictionary(fc.constantFrom('a', 'b', 'c-1'), fc.nat(8))
  .map((entries) => new Map(Object.entries(entries)))
const group = fc.uniqueArray(
  fc.record({
    memberId: fc.constantFrom('m1', 'm2', 'm3', 'm4', 'm5'),
    topics: fc.subarray(['a', 'b', 'c-1'], { minLength: 1 }),
  }),
  { selector: ({ memberId }) => memberId, minLength: 1 },
)
const joining = (members: readonly { memberId: string; topics: string[] }[], before: readonly StickyMember[] = []) =>
  members.map(({ memberId, topics }): StickyMember => {
    const known = before.find((member) => member.memberId === memberId)
    return { memberId, topics, owned: known?.owned ?? [], generation: known?.generation ?? -1 }
  })

const mostRounds = 4

/** Rounds until nobody puts anything down and nothing is left to give; checks in each that nothing has two owners. */
function settle(members: readonly StickyMember[], partitionCounts: ReadonlyMap<string, number>) {
  let before = [...members]
  for (let rounds = 0; ; rounds++) {
    const after = round(before, partitionCounts)
    const held = after.flatMap(({ owned }) => flat(owned))
    expect(new Set(held).size).toBe(held.length)
    for (const member of after) {
      const heldByOthers = new Set(
        before.filter(({ memberId }) => memberId !== member.memberId).flatMap(({ owned }) => flat(owned)),
      )
      // What moves is not given away before its owner put it down.
      for (const key of flat(member.owned)) expect(heldByOthers).not.toContain(key)
    }
    if (JSON.stringify(ownings(after)) === JSON.stringify(ownings(before))) return { members: after, rounds }
    expect(rounds).toBeLessThan(mostRounds)
    before = after
  }
}
const ownings = (members: readonly StickyMember[]) => members.map(({ owned }) => owned)

test('no partition ever has two owners, and a few rounds after any change each has one, as even as topics allow', () => {
  fc.assert(
    fc.property(counts, group, group, (partitionCounts, first, second) => {
      const settled = settle(joining(first), partitionCounts).members
      const { members } = settle(joining(second, settled), partitionCounts)
      const subscribed = [...partitionCounts].filter(([topic]) => second.some(({ topics }) => topics.includes(topic)))
      const wanted = subscribed.flatMap(([topic, count]) => Array.from({ length: count }, (_, i) => `${topic}-${i}`))
      expect(members.flatMap(({ owned }) => flat(owned)).sort()).toEqual(wanted.sort())
      const load = ({ owned }: StickyMember) => flat(owned).length
      for (const member of members) {
        for (const { topic } of member.owned) {
          expect(member.topics).toContain(topic)
          const takers = members.filter(({ topics }) => topics.includes(topic))
          expect(load(member) - Math.min(...takers.map(load))).toBeLessThan(2)
        }
      }
    }),
  )
})

test('members with the same topics differ by one partition at most, and only what must move moves', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 6 }), (partitions, size) => {
      const partitionCounts = new Map([['t', partitions]])
      const names = Array.from({ length: size + 1 }, (_, i) => ({ memberId: `m${i}`, topics: ['t'] }))
      const settled = settle(joining(names.slice(0, size)), partitionCounts).members
      const { members: grown, rounds } = settle(joining(names, settled), partitionCounts)
      expect(rounds).toBeLessThanOrEqual(2)
      const loads = grown.map(({ owned }) => flat(owned).length)
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThan(2)
      const stayed = settled.flatMap(({ owned }, i) =>
        flat(owned).filter((key) => flat(grown[i]?.owned ?? []).includes(key)),
      )
      expect(partitions - stayed.length).toBe(loads.at(-1))
      // What a member leaves behind goes to the others; they give nothing away.
      const rest = grown.slice(1)
      const shrunk = settle(rest, partitionCounts)
      expect(shrunk.rounds).toBeLessThanOrEqual(1)
      rest.forEach(({ owned }, i) => {
        expect(flat(shrunk.members[i]?.owned ?? [])).toEqual(expect.arrayContaining(flat(owned)))
      })
    }),
  )
})

test('an older claim yields to a newer one; what two claim at once both put down before one gets it', () => {
  const member = (memberId: string, generation: number): StickyMember => ({
    memberId,
    topics: ['t'],
    owned: [{ topic: 't', partitions: [0, 1] }],
    generation,
  })
  const newer = assignCooperatively([member('a', 3), member('b', 4)], new Map([['t', 2]]))
  expect(flat(newer.get('b') ?? [])).toHaveLength(1)
  expect(newer.get('a')).toEqual([])
  const disputed = assignCooperatively([member('a', 3), member('b', 3)], new Map([['t', 2]]))
  expect([...disputed.values()]).toEqual([[], []])
})

test('sticky: what has to move is given away in the same round, and nothing else moves', () => {
  const before: StickyMember[] = [
    { memberId: 'a', topics: ['t'], owned: [{ topic: 't', partitions: [0, 1, 2] }], generation: 1 },
    { memberId: 'b', topics: ['t'], owned: [{ topic: 't', partitions: [3, 4, 5] }], generation: 1 },
    { memberId: 'c', topics: ['t'], owned: [], generation: -1 },
  ]
  const assigned = assignSticky(before, new Map([['t', 6]]))
  expect([...assigned.values()].flatMap(flat).sort()).toEqual(['t-0', 't-1', 't-2', 't-3', 't-4', 't-5'])
  for (const { memberId, owned } of before.slice(0, 2)) {
    const now = flat(assigned.get(memberId) ?? [])
    expect(now).toHaveLength(2)
    expect(flat(owned)).toEqual(expect.arrayContaining(now))
  }
})
