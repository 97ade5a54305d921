import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { taskName } from '#server/contract/connector.ts'
import { createAssignor } from '#server/core/assignor.ts'
import { assignEagerly } from '#server/core/eager-assignor.ts'
import { parseTaskName, type Work } from '#server/core/work.ts'

/** What Kafka Connect 4.3.1 answered; `SLUICE_ORACLE_DIR` names another folder of recordings. */
const folder = process.env.SLUICE_ORACLE_DIR ?? join(import.meta.dirname, 'testdata')
const lines = readFileSync(join(folder, 'assignment.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

interface Round {
  id: string
  sequence: string
  round: number
  maxDelay: number
  in: {
    time: string
    lastCompletedGeneration: number
    generation: number
    connectors: Record<string, number>
    members: { member: string; connectors: string[]; tasks: string[] }[]
  }
  out: {
    members: Record<string, string | string[]>[]
    delay: number
    scheduledRebalance: string
    candidates: string[]
    previousMembers: string[]
  }
}

const workOf = (connectors: readonly string[], tasks: readonly string[]): Work => ({
  connectors,
  tasks: tasks.flatMap((name) => parseTaskName(name) ?? []),
})
const sorted = (names: readonly string[]) => [...names].sort()
const names = ({ tasks }: Work) => tasks.map(taskName)

const rounds: Round[] = lines.filter((line) => line.group === 'assignor')
const sequences = Map.groupBy(rounds, ({ sequence }) => sequence)

describe('the incremental cooperative assignor decides as Kafka Connect does', () => {
  test.each([...sequences.keys()])('%s', (sequence) => {
    const inOrder = (sequences.get(sequence) ?? []).toSorted((a, b) => a.round - b.round)
    const assignor = createAssignor({ maxDelayMs: inOrder[0]?.maxDelay ?? 0, adaptive: false })
    for (const { id, in: given, out } of inOrder) {
      const outcome = assignor.assign({
        now: Number(given.time),
        lastCompletedGeneration: given.lastCompletedGeneration,
        generation: given.generation,
        configured: new Map(Object.entries(given.connectors)),
        members: new Map(given.members.map((held) => [held.member, workOf(held.connectors, held.tasks)])),
      })
      const members = [...outcome.members].map(([member, { assigned, revoked, all }]) => ({
        member,
        newConnectors: assigned.connectors,
        newTasks: names(assigned),
        revokedConnectors: sorted(revoked.connectors),
        revokedTasks: sorted(names(revoked)),
        allConnectors: sorted(all.connectors),
        allTasks: sorted(names(all)),
      }))
      // Revoked work is compared as a set: Kafka lists it in the order of a Java hash set, which nothing depends on.
      const expected = out.members.map((member) => ({
        ...member,
        allConnectors: sorted(member.allConnectors as string[]),
        allTasks: sorted(member.allTasks as string[]),
        revokedConnectors: sorted(member.revokedConnectors as string[]),
        revokedTasks: sorted(member.revokedTasks as string[]),
      }))
      expect({ id, members, delay: outcome.delayMs }).toEqual({ id, members: expected, delay: out.delay })
      const state = assignor.state()
      expect({
        id,
        scheduled: String(state.scheduledRebalanceAt),
        candidates: sorted(state.candidates),
        previous: sorted(state.previousMembers),
      }).toEqual({
        id,
        scheduled: out.scheduledRebalance,
        candidates: sorted(out.candidates),
        previous: sorted(out.previousMembers),
      })
    }
  })
})

const eager = lines.filter((line) => line.group === 'eagerAssignor')

describe('the eager assignor deals as Kafka Connect does', () => {
  test.each(eager.map((line) => line.id as string))('%s', (id) => {
    const { in: given, out } = eager.find((line) => line.id === id)
    const dealt = assignEagerly(
      given.members.map((member: { member: string }) => member.member),
      new Map(Object.entries(given.connectors)),
    )
    for (const [member, answer] of Object.entries<{ error: number; connectors: string[]; tasks: string[] }>(out)) {
      if (answer.error !== 0) continue
      const work = dealt.get(member)
      expect({
        member,
        connectors: sorted(work?.connectors ?? []),
        tasks: sorted(names(work ?? workOf([], []))),
      }).toEqual({
        member,
        connectors: sorted(answer.connectors),
        tasks: sorted(answer.tasks),
      })
    }
  })
})

describe('the adaptive delay', () => {
  const configured = new Map([['c', 3]])
  const all = workOf(['c'], ['c-0', 'c-1', 'c-2'])
  const settled = () => {
    const assignor = createAssignor({ maxDelayMs: 5_000, adaptive: true })
    const first = assignor.assign({
      now: 0,
      lastCompletedGeneration: -1,
      generation: 1,
      configured,
      members: new Map([
        ['a', workOf([], [])],
        ['b', workOf([], [])],
      ]),
    })
    const held = (member: string) => first.members.get(member)?.assigned ?? workOf([], [])
    return { assignor, held }
  }

  test('lets the work of a departed worker wait for it, at most that long', () => {
    const { assignor, held } = settled()
    const members = new Map([['a', held('a')]])
    const lost = assignor.assign({ now: 10_000, lastCompletedGeneration: 1, generation: 2, configured, members })
    expect(lost.delayMs).toBe(5_000)
    expect(lost.members.get('a')?.assigned.tasks).toEqual([])
    const over = assignor.assign({ now: 15_000, lastCompletedGeneration: 2, generation: 3, configured, members })
    expect(over.delayMs).toBe(0)
    expect(sorted(names(over.members.get('a')?.all ?? all))).toEqual(['c-0', 'c-1', 'c-2'])
  })

  test('gives everything to a replacement that is already there', () => {
    const { assignor, held } = settled()
    const round = assignor.assign({
      now: 10_000,
      lastCompletedGeneration: 1,
      generation: 2,
      configured,
      members: new Map([
        ['a', held('a')],
        ['b2', workOf([], [])],
      ]),
    })
    expect(round.delayMs).toBe(0)
    expect(round.members.get('a')?.revoked.tasks).toEqual([])
    expect(round.members.get('b2')?.assigned).toEqual(held('b'))
  })

  test('ends when the worker comes back during it', () => {
    const { assignor, held } = settled()
    const alone = new Map([['a', held('a')]])
    assignor.assign({ now: 10_000, lastCompletedGeneration: 1, generation: 2, configured, members: alone })
    const back = assignor.assign({
      now: 11_000,
      lastCompletedGeneration: 2,
      generation: 3,
      configured,
      members: new Map([...alone, ['b2', workOf([], [])]]),
    })
    expect(back.delayMs).toBe(0)
    expect(back.members.get('b2')?.assigned).toEqual(held('b'))
  })

  test('waits for nobody who put the work down before leaving', () => {
    const { assignor, held } = settled()
    const round = assignor.assign({
      now: 10_000,
      lastCompletedGeneration: 1,
      generation: 2,
      configured,
      members: new Map([['a', held('a')]]),
      putDown: () => true,
    })
    expect(round.delayMs).toBe(0)
    expect(sorted(names(round.members.get('a')?.all ?? all))).toEqual(['c-0', 'c-1', 'c-2'])
  })
})
