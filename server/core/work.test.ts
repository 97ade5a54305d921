import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type TaskId, taskName } from '#server/contract/connector.ts'
import { isNoWork, joinWork, noWork, parseTaskName, type Work, withoutWork } from '#server/core/work.ts'

const connector = fc.constantFrom('a', 'a-0', 'b')
const id: fc.Arbitrary<TaskId> = fc.record({ connector, task: fc.nat(2) })
const anyWork: fc.Arbitrary<Work> = fc.record({
  connectors: fc.uniqueArray(connector),
  tasks: fc.uniqueArray(id, { selector: taskName }),
})
const namesIn = ({ connectors, tasks }: Work) => [...connectors.map((name) => `${name} itself`), ...tasks.map(taskName)]

test('a task has its own name, whatever its connector is called', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(), (connector, task) => {
      expect(parseTaskName(taskName({ connector, task }))).toEqual({ connector, task })
    }),
  )
})

test.each(['', 'a', 'a-', '-1', 'a-1b', 'a--x', 'a-1.5', 'a-12345678901'])('%j names no task', (name) => {
  expect(parseTaskName(name)).toBeUndefined()
})

test('taking away leaves the rest in its order', () => {
  fc.assert(
    fc.property(anyWork, anyWork, (from, taken) => {
      const gone = new Set(namesIn(taken))
      expect(namesIn(withoutWork(from, taken))).toEqual(namesIn(from).filter((name) => !gone.has(name)))
    }),
  )
})

test('joining keeps everything once', () => {
  fc.assert(
    fc.property(anyWork, anyWork, (first, second) => {
      const joined = joinWork(first, second)
      expect(joined.connectors).toEqual([...new Set([...first.connectors, ...second.connectors])])
      expect(joined.tasks.map(taskName)).toEqual([...new Set([...first.tasks, ...second.tasks].map(taskName))])
    }),
  )
})

test('a single connector or task is work', () => {
  expect(isNoWork(noWork)).toBe(true)
  expect(isNoWork({ connectors: ['a'], tasks: [] })).toBe(false)
  expect(isNoWork({ connectors: [], tasks: [{ connector: 'a', task: 0 }] })).toBe(false)
})
