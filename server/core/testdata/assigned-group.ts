import fc from 'fast-check'
import { taskName } from '#server/contract/connector.ts'
import { type AssignmentOutcome, type AssignorOptions, createAssignor } from '#server/core/assignor.ts'
import { isNoWork, noWork, type Work } from '#server/core/work.ts'

/**
 * What happens to the group before it assembles again: a zombie comes back with what it held when it was lost, a newly
 * elected leader remembers nothing.
 */
export type GroupEvent =
  | { type: 'join' | 'leave' | 'zombie' | 'drain' | 'put back'; member: string }
  | { type: 'configure'; connector: string; tasks: number }
  | { type: 'delete'; connector: string }
  | { type: 'wait'; ms: number }
  | { type: 'elect' }

const member = fc.constantFrom('w1', 'w2', 'w3')
const connector = fc.constantFrom('a', 'b')

export const groupEvents: fc.Arbitrary<GroupEvent[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom('join' as const, 'leave' as const, 'zombie' as const), member }),
    fc.record({ type: fc.constantFrom('drain' as const, 'put back' as const), member }),
    fc.record({ type: fc.constant('configure' as const), connector, tasks: fc.nat(4) }),
    fc.record({ type: fc.constant('delete' as const), connector }),
    fc.record({ type: fc.constant('wait' as const), ms: fc.nat(8_000) }),
    fc.record({ type: fc.constant('elect' as const) }),
  ),
  { minLength: 5, maxLength: 30, size: 'max' },
)

export const assignorSettings: AssignorOptions[] = [
  { maxDelayMs: 5_000, adaptive: true },
  { maxDelayMs: 5_000, adaptive: false },
  { maxDelayMs: 0, adaptive: false },
]

export const namesOf = ({ connectors, tasks }: Work) => [
  ...connectors.map((name) => `connector ${name}`),
  ...tasks.map(taskName),
]

export interface AssembledRound {
  outcome: AssignmentOutcome
  /** What each member said it holds. */
  reported: ReadonlyMap<string, Work>
}

/** A group whose members hold exactly what they are told to: at first two, who share two connectors. */
export function createAssignedGroup(options: AssignorOptions) {
  let assignor = createAssignor(options)
  const held = new Map<string, Work>()
  const lost = new Map<string, Work>()
  const configured = new Map<string, number>()
  const draining = new Set<string>()
  let now = 1_000_000
  let generation = 0

  function happen(event: GroupEvent): void {
    if (event.type === 'configure') configured.set(event.connector, event.tasks)
    else if (event.type === 'delete') configured.delete(event.connector)
    else if (event.type === 'wait') now += event.ms
    else if (event.type === 'elect') assignor = createAssignor(options)
    else if (event.type === 'drain') draining.add(event.member)
    else if (event.type === 'put back') draining.delete(event.member)
    else if (event.type === 'leave') {
      lost.set(event.member, held.get(event.member) ?? noWork)
      held.delete(event.member)
    } else if (!held.has(event.member)) {
      held.set(event.member, event.type === 'zombie' ? (lost.get(event.member) ?? noWork) : noWork)
    }
  }

  function assemble(): AssembledRound {
    const reported = new Map(held)
    const outcome = assignor.assign({
      now,
      lastCompletedGeneration: generation,
      generation: ++generation,
      configured,
      members: reported,
      draining,
    })
    for (const [name, { all }] of outcome.members) held.set(name, all)
    return { outcome, reported }
  }

  /** Assembles until nothing moves and nothing waits any more. */
  function comeToRest(): AssembledRound[] {
    const rounds: AssembledRound[] = []
    while (rounds.length < 40) {
      const round = assemble()
      rounds.push(round)
      const { delayMs, members } = round.outcome
      happen({ type: 'wait', ms: delayMs })
      if (delayMs === 0 && [...members.values()].every(({ assigned, revoked }) => isNoWork(joined(assigned, revoked)))) {
        return rounds
      }
    }
    throw new Error('the group does not come to rest')
  }

  /** Everything that somebody should hold. */
  const expected = () =>
    [...configured].flatMap(([connector, count]) => [
      `connector ${connector}`,
      ...Array.from({ length: count }, (_, task) => taskName({ connector, task })),
    ])

  for (const member of ['w1', 'w2']) happen({ type: 'join', member })
  for (const connector of ['a', 'b']) happen({ type: 'configure', connector, tasks: 3 })
  assemble()
  return { happen, assemble, comeToRest, expected, held, draining }
}

const joined = (a: Work, b: Work): Work => ({
  connectors: [...a.connectors, ...b.connectors],
  tasks: [...a.tasks, ...b.tasks],
})
