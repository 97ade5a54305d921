import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Move, Rebalance } from '#server/contract/assignments.ts'
import { taskName } from '#server/contract/connector.ts'
import { createRebalanceBook, type DealtRound } from '#server/core/rebalance-book.ts'
import { assignorSettings, createAssignedGroup, groupEvents } from '#server/core/testdata/assigned-group.ts'
import { isNoWork, noWork, parseTaskName, type Work } from '#server/core/work.ts'

const work = (...names: string[]): Work => ({
  connectors: names.filter((name) => !name.includes('-')),
  tasks: names.flatMap((name) => parseTaskName(name) ?? []),
})

interface Dealt {
  reported?: Work
  assigned?: Work
  revoked?: Work
  all?: Work
}

/** The book of leader `a`; each round completes unless it breaks off. */
function keptBook() {
  const book = createRebalanceBook()
  let generation = 0
  let completed = -1
  let at = 0
  const goodbyes = new Set<string>()
  const round = (
    members: Record<string, Dealt>,
    { breaksOff = false, delayMs = 0, drains = [] as string[], configured = { c: 2 } as Record<string, number> } = {},
  ) => {
    generation++
    at += 100
    const dealt: DealtRound = {
      generation,
      lastCompletedGeneration: completed,
      at,
      begunAt: at - 10,
      leader: 'a',
      members: new Map(
        Object.entries(members).map(
          ([worker, { reported = noWork, assigned = noWork, revoked = noWork, all = assigned }]) => [
            `${worker}-member`,
            { worker, reported, assigned, revoked, all },
          ],
        ),
      ),
      configured: new Map(Object.entries(configured)),
      drains: new Set(drains),
      delayMs,
      saidGoodbye: (lost) => [...lost.connectors, ...lost.tasks.map(taskName)].every((name) => goodbyes.has(name)),
      formerLeader: null,
    }
    const over = book.dealt(dealt)
    if (breaksOff) return over
    completed = generation
    return book.completed(generation) ?? over
  }
  const said = (name: string, state: 'RUNNING' | 'UNASSIGNED' | 'FAILED' | 'PAUSED', workerId: string, after = 0) => {
    at += after
    return book.heard(parseTaskName(name) ?? { connector: name }, { state, workerId }, at)
  }
  return { book, round, said, goodbyes, elsewhere: () => (completed = ++generation) }
}

const moveOf = (rebalance: Rebalance | null | undefined, connector: string, task?: number): Move | undefined =>
  rebalance?.moves.find((move) => move.connector === connector && move.task === task)

/** `a` runs everything, and the book is closed. */
function alone() {
  const kept = keptBook()
  kept.round({ a: { assigned: work('c', 'c-0', 'c-1') } })
  kept.said('c', 'RUNNING', 'a')
  kept.said('c-0', 'RUNNING', 'a')
  kept.said('c-1', 'RUNNING', 'a')
  return kept
}

describe('a rebalance', () => {
  test('is over when its rounds are and everything that it gave out runs', () => {
    const { round, said, book } = keptBook()
    expect(round({ a: { assigned: work('c', 'c-0') } })).toBeUndefined()
    expect(said('c', 'RUNNING', 'a')).toBeUndefined()
    expect(book.isOpen()).toBe(true)
    const over = said('c-0', 'RUNNING', 'a', 40)
    expect(over).toMatchObject({ causes: [{ kind: 'leader', worker: 'a' }], rounds: 1, generation: 1, tookMs: 10 })
    expect(moveOf(over, 'c', 0)).toEqual({ connector: 'c', task: 0, from: null, to: 'a', downMs: null })
    expect(book.isOpen()).toBe(false)
  })

  test('is one from what was taken until that was given, and tells how long each thing was down', () => {
    const { round, said } = alone()
    expect(
      round({ a: { reported: work('c', 'c-0', 'c-1'), revoked: work('c-1'), all: work('c', 'c-0') }, b: {} }),
    ).toBeUndefined()
    said('c-1', 'UNASSIGNED', 'a', 20)
    round({ a: { reported: work('c', 'c-0'), all: work('c', 'c-0') }, b: { assigned: work('c-1') } })
    const over = said('c-1', 'RUNNING', 'b', 30)
    expect(over).toMatchObject({ rounds: 2, causes: [{ kind: 'joined', workers: ['b'] }], tookMs: 130 })
    expect(over?.moves).toEqual([{ connector: 'c', task: 1, from: 'a', to: 'b', downMs: 130 }])
  })

  test('that moves nothing is over when everybody has heard of it', () => {
    const { round } = alone()
    expect(round({ a: { reported: work('c', 'c-0', 'c-1'), all: work('c', 'c-0', 'c-1') }, b: {} })).toMatchObject({
      causes: [{ kind: 'joined', workers: ['b'] }],
      moves: [],
    })
  })

  test('waits with what waits for a worker, and says that it was lost, or left, as its work was when it went', () => {
    for (const [goodbye, kind] of [
      [false, 'lost'],
      [true, 'left'],
    ] as const) {
      const { round, said, goodbyes } = keptBook()
      round({ a: { assigned: work('c') }, b: { assigned: work('c-0') } })
      said('c', 'RUNNING', 'a')
      said('c-0', 'RUNNING', 'b')
      if (goodbye) goodbyes.add('c-0')
      expect(round({ a: { reported: work('c'), all: work('c') } }, { delayMs: 500 })).toBeUndefined()
      said('c-0', 'UNASSIGNED', 'b') // said by the leader for a worker that is gone
      goodbyes.add('c-0')
      round({ a: { reported: work('c'), assigned: work('c-0'), all: work('c', 'c-0') } })
      const over = said('c-0', 'RUNNING', 'a', 5)
      expect(over?.causes).toEqual([{ kind, workers: ['b'] }])
      expect(moveOf(over, 'c', 0)).toMatchObject({ from: 'b', to: 'a', downMs: 105 })
    }
  })

  test('knows a worker again that came back while its work waited', () => {
    const { round, said } = keptBook()
    round({ a: { assigned: work('c') }, b: { assigned: work('c-0') } })
    said('c', 'RUNNING', 'a')
    said('c-0', 'RUNNING', 'b')
    round({ a: { reported: work('c'), all: work('c') } }, { delayMs: 500 })
    round({ a: { reported: work('c'), all: work('c') }, b: { assigned: work('c-0') } })
    expect(said('c-0', 'RUNNING', 'b')?.causes).toEqual([
      { kind: 'lost', workers: ['b'] },
      { kind: 'returned', workers: ['b'] },
    ])
  })

  test('names drains, connectors and changed numbers of tasks', () => {
    const { round, said } = alone()
    const held = { reported: work('c', 'c-0', 'c-1'), all: work('c', 'c-0', 'c-1') }
    round({ a: held, b: {} })
    const first = round({ a: held, b: {} }, { drains: ['b', 'gone'], configured: { c: 3, d: 0 } })
    expect(first?.causes).toEqual([
      { kind: 'drained', workers: ['b'] },
      { kind: 'created', connectors: ['d'] },
      { kind: 'tasks', connectors: ['c'] },
    ])
    expect(round({ a: held, b: {} }, { configured: { c: 3 } })?.causes).toEqual([
      { kind: 'put back', workers: ['b'] },
      { kind: 'deleted', connectors: ['d'] },
    ])
    expect(round({ a: held, b: {} }, { configured: { c: 3 } })?.causes).toEqual([{ kind: 'share' }])
    expect(said('c', 'PAUSED', 'a')).toBeUndefined()
  })

  test('says nothing of a round that broke off', () => {
    const { round, said, book } = alone()
    round(
      { a: { reported: work('c', 'c-0'), all: work('c', 'c-0') }, b: { assigned: work('c-1') } },
      { breaksOff: true },
    )
    const again = round({ a: { reported: work('c', 'c-0'), assigned: work('c-1'), all: work('c', 'c-0', 'c-1') } })
    expect(again).toBeUndefined()
    expect(said('c-1', 'RUNNING', 'a')).toMatchObject({ rounds: 1, moves: [{ from: 'a', to: 'a' }] })
    round({ a: { reported: work('c', 'c-0', 'c-1') }, b: {} }, { breaksOff: true })
    expect(book.close()).toBeUndefined()
  })

  test('is closed as it stands, with what has failed or does not come up, and what came up in its place counts there', () => {
    const { round, said, book } = keptBook()
    round({ a: { assigned: work('c', 'c-0', 'c-1') } })
    said('c', 'RUNNING', 'a')
    said('c-0', 'FAILED', 'a')
    said('c-1', 'RUNNING', 'elsewhere')
    expect(book.isOpen()).toBe(true)
    expect(book.close()?.moves.map(({ downMs }) => downMs)).toEqual([null, null, null])
    expect(book.close()).toBeUndefined()
  })

  test('of a leader that did not lead the round before names nobody who came or went', () => {
    const { round, elsewhere } = alone()
    elsewhere()
    const over = round({ a: { reported: work('c', 'c-0', 'c-1'), all: work('c', 'c-0', 'c-1') }, b: {} })
    expect(over?.causes).toEqual([{ kind: 'leader', worker: 'a', gone: null }])
  })
})

test('what was given to a worker that died before it said anything moves from there', () => {
  const { round, said } = alone()
  round({ a: { reported: work('c'), all: work('c') }, b: { assigned: work('c-0') } })
  round({ a: { reported: work('c'), assigned: work('c-0'), all: work('c', 'c-0') } })
  const over = said('c-0', 'RUNNING', 'a', 20)
  expect(over?.causes).toEqual([{ kind: 'lost', workers: ['b'] }])
  expect(moveOf(over, 'c', 0)).toMatchObject({ from: 'b', to: 'a', downMs: 20 })
})

describe.each(assignorSettings)('by the real assignor, with %j', (options) => {
  test('whatever happens, the last move of each thing names who has it, and every rebalance is told once', () => {
    fc.assert(
      fc.property(groupEvents, (history) => {
        const group = createAssignedGroup(options)
        const book = createRebalanceBook()
        const told: Rebalance[] = []
        const tell = (rebalance: Rebalance | undefined) => void (rebalance && told.push(rebalance))
        let generation = 0
        const assemble = () => {
          const { outcome, reported } = group.assemble()
          generation++
          tell(
            book.dealt({
              ...{ generation, lastCompletedGeneration: generation - 1, at: generation, begunAt: generation },
              ...{ leader: 'w1', formerLeader: null, delayMs: outcome.delayMs, saidGoodbye: () => false },
              members: new Map(
                [...outcome.members].map(([id, dealt]) => [
                  id,
                  { worker: id, reported: reported.get(id) ?? noWork, ...dealt },
                ]),
              ),
              configured: new Map(group.expected().map((name) => [name, 0])),
              drains: group.draining,
            }),
          )
          tell(book.completed(generation))
          for (const [workerId, { assigned }] of outcome.members) {
            const ids = [...assigned.connectors.map((connector) => ({ connector })), ...assigned.tasks]
            for (const id of ids) tell(book.heard(id, { state: 'RUNNING', workerId }, generation))
          }
          return outcome
        }
        // What a zombie brings along was dealt to it long ago.
        for (const event of history.filter(({ type }) => type !== 'zombie')) {
          group.happen(event)
          assemble()
        }
        group.happen({ type: 'join', member: 'w1' })
        for (let quiet = 0; quiet < 40; quiet++) {
          const { delayMs, members } = assemble()
          group.happen({ type: 'wait', ms: delayMs })
          if (delayMs === 0 && [...members.values()].every(({ revoked }) => isNoWork(revoked))) break
        }
        tell(book.close())
        const last = new Map<string, string>()
        for (const { moves } of told) {
          for (const { connector, task, to } of moves)
            last.set(task === undefined ? `connector ${connector}` : taskName({ connector, task }), to)
        }
        for (const [member, { connectors, tasks }] of group.held) {
          const names = [...connectors.map((name) => `connector ${name}`), ...tasks.map(taskName)]
          // What the group began with was dealt before there was a book.
          for (const name of names) expect(last.get(name) ?? member).toBe(member)
        }
        expect(new Set(told.map((rebalance) => rebalance.generation)).size).toBe(told.length)
      }),
      { numRuns: 100 },
    )
  })
})
