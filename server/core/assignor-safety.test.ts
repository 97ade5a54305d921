import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { taskName } from '#server/contract/connector.ts'
import { type AssignmentOutcome, type AssignorOptions, createAssignor } from '#server/core/assignor.ts'
import { isNoWork, noWork, type Work } from '#server/core/work.ts'

/**
 * What happens to the group before it assembles again: a zombie comes back with what it held when it was lost, a newly
 * elected leader remembers nothing.
 */
type Event =
  | { type: 'join' | 'leave' | 'zombie'; member: string }
  | { type: 'configure'; connector: string; tasks: number }
  | { type: 'delete'; connector: string }
  | { type: 'wait'; ms: number }
  | { type: 'elect' }

const member = fc.constantFrom('w1', 'w2', 'w3')
const connector = fc.constantFrom('a', 'b')
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom('join' as const, 'leave' as const, 'zombie' as const), member }),
    fc.record({ type: fc.constant('configure' as const), connector, tasks: fc.nat(4) }),
    fc.record({ type: fc.constant('delete' as const), connector }),
    fc.record({ type: fc.constant('wait' as const), ms: fc.nat(8_000) }),
    fc.record({ type: fc.constant('elect' as const) }),
  ),
  { minLength: 5, maxLength: 30, size: 'max' },
)

const namesOf = ({ connectors, tasks }: Work) => [
  ...connectors.map((name) => `connector ${name}`),
  ...tasks.map(taskName),
]

/** A group whose members hold exactly what they are told to: at first two, who share two connectors. */
function createGroup(options: AssignorOptions) {
  let assignor = createAssignor(options)
  const held = new Map<string, Work>()
  const lost = new Map<string, Work>()
  const configured = new Map<string, number>()
  let now = 1_000_000
  let generation = 0

  function happen(event: Event): void {
    if (event.type === 'configure') configured.set(event.connector, event.tasks)
    else if (event.type === 'delete') configured.delete(event.connector)
    else if (event.type === 'wait') now += event.ms
    else if (event.type === 'elect') assignor = createAssignor(options)
    else if (event.type === 'leave') {
      lost.set(event.member, held.get(event.member) ?? noWork)
      held.delete(event.member)
    } else if (!held.has(event.member)) {
      held.set(event.member, event.type === 'zombie' ? (lost.get(event.member) ?? noWork) : noWork)
    }
  }

  function assemble(): { outcome: AssignmentOutcome; reported: ReadonlyMap<string, Work> } {
    const reported = new Map(held)
    const outcome = assignor.assign({
      now,
      lastCompletedGeneration: generation,
      generation: ++generation,
      configured,
      members: reported,
    })
    for (const [name, { all }] of outcome.members) held.set(name, all)
    return { outcome, reported }
  }

  for (const member of ['w1', 'w2']) happen({ type: 'join', member })
  for (const connector of ['a', 'b']) happen({ type: 'configure', connector, tasks: 3 })
  assemble()
  return { happen, assemble, configured, held }
}

const settings: AssignorOptions[] = [
  { maxDelayMs: 5_000, adaptive: true },
  { maxDelayMs: 5_000, adaptive: false },
  { maxDelayMs: 0, adaptive: false },
]

describe.each(settings)('with %j', (options) => {
  test('I7: nothing is assigned that somebody still reports, and nothing to two members', () => {
    fc.assert(
      fc.property(events, (history) => {
        const group = createGroup(options)
        for (const event of history) {
          group.happen(event)
          const { outcome, reported } = group.assemble()
          const stillReported = new Set([...reported.values()].flatMap(namesOf))
          const work = [...outcome.members.values()]
          expect(work.flatMap(({ assigned }) => namesOf(assigned)).filter((name) => stillReported.has(name))).toEqual(
            [],
          )
          const everything = work.flatMap(({ all }) => namesOf(all))
          expect(everything.length).toBe(new Set(everything).size)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('I10: once nothing happens any more, everything configured is held, evenly, and nothing else', () => {
    fc.assert(
      fc.property(events, (history) => {
        const group = createGroup(options)
        for (const event of history) {
          group.happen(event)
          group.assemble()
        }
        group.happen({ type: 'join', member: 'w1' })
        for (let quiet = 0; quiet < 20; quiet++) {
          const { outcome } = group.assemble()
          const idle = [...outcome.members.values()].every(
            ({ assigned, revoked }) => isNoWork(assigned) && isNoWork(revoked),
          )
          group.happen({ type: 'wait', ms: outcome.delayMs })
          if (idle && outcome.delayMs === 0) break
        }
        const expected = [...group.configured].flatMap(([connector, count]) => [
          `connector ${connector}`,
          ...Array.from({ length: count }, (_, task) => taskName({ connector, task })),
        ])
        const work = [...group.held.values()]
        expect(work.flatMap(namesOf).sort()).toEqual(expected.sort())
        for (const kind of ['connectors', 'tasks'] as const) {
          const counts = work.map((own) => own[kind].length)
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 300 },
    )
  })
})
