import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drainedPerRound, drainsOf } from '#server/core/drain.ts'
import { assignorSettings, createAssignedGroup, groupEvents, namesOf } from '#server/core/testdata/assigned-group.ts'
import { noWork } from '#server/core/work.ts'

type Group = ReturnType<typeof createAssignedGroup>

/** The members that are emptied, when somebody else is there. */
const emptied = ({ held, draining }: Group) =>
  [...held.keys()].every((member) => draining.has(member)) ? [] : [...draining].filter((member) => held.has(member))

/** A group to which something happened, at rest again. */
function afterwards(
  options: (typeof assignorSettings)[number],
  history: fc.Arbitrary<Parameters<Group['happen']>[0][]>,
) {
  return history.map((events) => {
    const group = createAssignedGroup(options)
    for (const event of events) {
      group.happen(event)
      group.assemble()
    }
    for (const member of ['w1', 'w2', 'w3']) {
      group.happen({ type: 'put back', member })
      group.happen({ type: 'join', member })
    }
    group.comeToRest()
    return group
  })
}

describe.each(assignorSettings)('a member that is drained, with %j', (options) => {
  test('is given nothing while somebody else is there, whatever happens meanwhile', () => {
    fc.assert(
      fc.property(groupEvents, (history) => {
        const group = createAssignedGroup(options)
        for (const event of history) {
          group.happen(event)
          const { outcome } = group.assemble()
          const given = emptied(group).flatMap((member) => namesOf(outcome.members.get(member)?.assigned ?? noWork))
          expect(given).toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })

  test('is emptied piece by piece: each is given to somebody in the round after the one that took it, and nothing else moves', () => {
    fc.assert(
      fc.property(
        afterwards(options, groupEvents),
        fc.subarray(['w1', 'w2', 'w3'], { minLength: 1, maxLength: 2 }),
        (group, members) => {
          for (const member of members) group.happen({ type: 'drain', member })
          const before = new Map(members.map((member) => [member, namesOf(group.held.get(member) ?? noWork)]))
          const rounds = group.comeToRest()
          let taken: string[] = []
          for (const { outcome } of rounds) {
            const work = [...outcome.members.values()]
            expect(work.flatMap(({ assigned }) => namesOf(assigned))).toEqual(taken)
            taken = work.flatMap(({ revoked }) => namesOf(revoked))
            expect(taken.length).toBeLessThanOrEqual(drainedPerRound)
            expect(taken.filter((name) => ![...before.values()].flat().includes(name))).toEqual([])
          }
          for (const member of members) expect(namesOf(group.held.get(member) ?? noWork)).toEqual([])
          const pieces = [...before.values()].flat().length
          // The last round finds nothing to do.
          expect(rounds.length - 1).toBe(pieces === 0 ? 0 : pieces + 1)
          expect([...group.held.values()].flatMap(namesOf).sort()).toEqual(group.expected().sort())
        },
      ),
      { numRuns: 300 },
    )
  })

  test('leaves work behind that waits for nobody', () => {
    const group = createAssignedGroup(options)
    group.happen({ type: 'drain', member: 'w1' })
    group.assemble()
    const left = namesOf(group.held.get('w1') ?? noWork)
    expect(left.length).toBeGreaterThan(0)
    group.happen({ type: 'leave', member: 'w1' })
    const { outcome } = group.assemble()
    expect(outcome.delayMs).toBe(0)
    expect([...group.held.values()].flatMap(namesOf).sort()).toEqual(group.expected().sort())
  })

  test('takes its share again when it is put back', () => {
    const group = createAssignedGroup(options)
    group.happen({ type: 'drain', member: 'w1' })
    group.comeToRest()
    group.happen({ type: 'put back', member: 'w1' })
    group.comeToRest()
    expect(group.held.get('w1')?.tasks).toHaveLength(3)
  })

  test('I10: keeps everything, and is given the rest, while nobody else is there', () => {
    const group = createAssignedGroup(options)
    group.happen({ type: 'drain', member: 'w1' })
    group.comeToRest()
    group.happen({ type: 'leave', member: 'w2' })
    group.comeToRest()
    expect(namesOf(group.held.get('w1') ?? noWork).sort()).toEqual(group.expected().sort())
    group.happen({ type: 'join', member: 'w3' })
    group.comeToRest()
    expect(namesOf(group.held.get('w1') ?? noWork)).toEqual([])
  })
})

describe('how far a drain is', () => {
  const asked = new Map([['a:1', 7]])
  const left = (...held: [string, number][]) => new Map(held)

  test.each([
    [
      'drained',
      [
        ['a:1', 0],
        ['b:1', 3],
      ],
      true,
      null,
    ],
    [
      'draining',
      [
        ['a:1', 2],
        ['b:1', 3],
      ],
      true,
      null,
    ],
    ['absent', [['b:1', 3]], true, null],
    ['waiting', [['a:1', 2]], true, 'worker'],
    [
      'waiting',
      [
        ['a:1', 2],
        ['b:1', 3],
      ],
      false,
      'leader',
    ],
    [
      'drained',
      [
        ['a:1', 0],
        ['b:1', 3],
      ],
      false,
      null,
    ],
  ] as const)('is %s when the workers run %j', (state, held, leaderDrains, waitsFor) => {
    const group = { left: left(...held.map(([id, count]) => [id, count] as [string, number])), leaderDrains }
    expect(drainsOf(asked, group)).toEqual([
      { worker: 'a:1', askedAt: 7, state, left: group.left.get('a:1') ?? 0, waitsFor },
    ])
  })

  test('waits when everybody else is drained too', () => {
    const both = new Map([...asked, ['b:1', 8]])
    const drains = drainsOf(both, { left: left(['a:1', 2], ['b:1', 0]), leaderDrains: true })
    expect(drains.map(({ state }) => state)).toEqual(['waiting', 'drained'])
  })
})
