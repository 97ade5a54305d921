import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignorSettings, createAssignedGroup, groupEvents, namesOf } from '#server/core/testdata/assigned-group.ts'

describe.each(assignorSettings)('with %j', (options) => {
  test('I7: nothing is assigned that somebody still reports, and nothing to two members', () => {
    fc.assert(
      fc.property(groupEvents, (history) => {
        const group = createAssignedGroup(options)
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
      fc.property(groupEvents, (history) => {
        const group = createAssignedGroup(options)
        for (const event of history) {
          group.happen(event)
          group.assemble()
        }
        group.happen({ type: 'join', member: 'w1' })
        group.comeToRest()
        const work = [...group.held.values()]
        expect(work.flatMap(namesOf).sort()).toEqual(group.expected().sort())
        const staying = [...group.held].filter(([member]) => !group.draining.has(member))
        const sharing = staying.length > 0 ? staying.map(([, own]) => own) : work
        for (const kind of ['connectors', 'tasks'] as const) {
          const counts = sharing.map((own) => own[kind].length)
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 300 },
    )
  })
})
