import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type TaskId, taskName } from '#server/contract/connector.ts'
import { isApart, judgeLoss, quarantined, spread } from '#server/core/quarantine.ts'

const task = (connector: string, number = 0): TaskId => ({ connector, task: number })
const names = (tasks: readonly TaskId[]) => tasks.map(taskName)
const shared = { apart: false, deaths: 1 }

test('the tasks of whoever began a hook last are accused, others with a hook under way are suspected, the rest starts again', () => {
  const tasks = [task('idle'), task('bad', 0), task('free'), task('bad', 1)]
  const verdict = judgeLoss({ tasks, underWay: ['bad-1', 'idle-0'], ...shared })
  expect(names(verdict.accused)).toEqual(['bad-0', 'bad-1'])
  expect(names(verdict.suspected)).toEqual(['idle-0'])
  expect(names(verdict.again)).toEqual(['free-0'])
})

test('a task fails when it loses a thread of its own for the second time in a row, and not before', () => {
  const alone = { tasks: [task('bad')], underWay: ['bad-0'] }
  expect(names(judgeLoss({ ...alone, apart: false, deaths: 5 }).accused)).toEqual(['bad-0'])
  expect(names(judgeLoss({ ...alone, apart: true, deaths: 1 }).accused)).toEqual(['bad-0'])
  expect(names(judgeLoss({ ...alone, apart: true, deaths: 2 }).failed)).toEqual(['bad-0'])
})

test('who was cancelled and still spins is to blame, and nobody who is there', () => {
  const tasks = [task('idle'), task('free')]
  const verdict = judgeLoss({ tasks, underWay: [undefined, 'idle-0'], apart: false, deaths: 3 })
  expect(names(verdict.again)).toEqual(['idle-0', 'free-0'])
})

test('what is lost between hooks starts again once, and is halved from then on until one is alone', () => {
  const tasks = [task('a'), task('b'), task('c')]
  expect(names(judgeLoss({ tasks, underWay: [], ...shared }).again)).toHaveLength(3)
  const second = judgeLoss({ tasks, underWay: [], apart: false, deaths: 2 })
  expect([names(second.suspected), names(second.again)]).toEqual([['a-0', 'b-0'], ['c-0']])
  expect(names(judgeLoss({ tasks: [task('c')], underWay: [], apart: false, deaths: 3 }).accused)).toEqual(['c-0'])
})

const losses = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(3)), { minLength: 1, selector: String })
  .chain((pairs) => {
    const tasks = pairs.map(([connector, number]) => task(connector, number))
    return fc.record({
      tasks: fc.constant(tasks),
      underWay: fc.shuffledSubarray(names(tasks)),
      apart: fc.boolean(),
      deaths: fc.integer({ min: 1, max: 5 }),
    })
  })

test('every task has exactly one fate, and none of those that were idle leaves a thread on which a hook was under way', () => {
  fc.assert(
    fc.property(losses, (loss) => {
      const { failed, accused, suspected, again } = judgeLoss(loss)
      expect(names([...failed, ...accused, ...suspected, ...again]).toSorted()).toEqual(names(loss.tasks).toSorted())
      if (loss.underWay.length === 0 || failed.length > 0) return
      for (const name of names(suspected)) expect(loss.underWay).toContain(name)
      expect(names(accused)).toContain(loss.underWay[0])
      expect(new Set(accused.map(({ connector }) => connector)).size).toBe(1)
    }),
  )
})

test('I9: whoever spins every time is alone after few losses, however many others seem to be busy', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 64 }), fc.infiniteStream(fc.nat()), (count, chance) => {
      const guilty = task('guilty')
      let around = [guilty, ...Array.from({ length: count - 1 }, (_, n) => task(`busy-${n}`))]
      let losses = 0
      for (let apart = false; around.length > 1; apart = true) {
        const underWay = names(around).toSorted(() => ((chance.next().value ?? 0) % 2 === 0 ? 1 : -1))
        const { accused, suspected, again } = judgeLoss({ tasks: around, underWay, apart, deaths: 1 })
        around = [[...accused], ...spread(suspected, 2), [...again]].find((group) => group.includes(guilty)) ?? []
        losses++
      }
      expect(around).toEqual([guilty])
      expect(losses).toBeLessThanOrEqual(2 + Math.ceil(Math.log2(count)))
    }),
  )
})

test('suspects are spread over the places there are, a connector whole where there are several', () => {
  const groups = spread([task('a', 0), task('b'), task('a', 1), task('c')], 2)
  expect(groups.map(names)).toEqual([['a-0', 'a-1', 'c-0'], ['b-0']])
  expect(spread([task('a', 0), task('a', 1)], 3).map(names)).toEqual([['a-0'], ['a-1']])
  expect(spread([task('a')], 0)).toEqual([])
})

test('each quarantine in a row is twice as long as the last, an hour at most; an hour of calm ends the row', () => {
  const minutes = (ms: number) => ms / 60_000
  let now = 0
  const lengths: number[] = []
  let quarantine: ReturnType<typeof quarantined> | undefined
  for (let n = 0; n < 8; n++) {
    quarantine = quarantined(quarantine, now)
    lengths.push(minutes(quarantine.until - now))
    expect([isApart(quarantine, now), isApart(quarantine, quarantine.until)]).toEqual([true, false])
    now = quarantine.until
  }
  expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  expect(quarantined(quarantine, now + 3_600_000).times).toBe(1)
})
