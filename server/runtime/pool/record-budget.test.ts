import { expect, test } from 'vitest'
import { createSlabBudget, createSlabPool } from '#server/kafka/slab-pool.ts'
import { createRecordBudget, createThreadMemory, slabsWithin } from '#server/runtime/pool/record-budget.ts'

const mebibyte = 1_024 * 1_024

test('what tasks of different threads hold counts for all of them, and goes with its thread', () => {
  const budget = createRecordBudget(8 * mebibyte, 3)
  const [one, other] = [budget.place(), budget.place()]
  const first = createThreadMemory(one.place).task()
  const second = createThreadMemory(other.place).task()
  first.hold(4 * mebibyte)
  second.hold(3 * mebibyte)
  expect(budget.held()).toBe(7 * mebibyte)
  expect(second.fits(mebibyte)).toBe(true)
  expect(second.fits(2 * mebibyte)).toBe(false)
  expect(first.fits(mebibyte)).toBe(false)
  one.giveBack()
  expect(budget.held()).toBe(3 * mebibyte)
  expect(second.fits(2 * mebibyte)).toBe(true)
  expect(budget.place().place.row).toBe(one.place.row)
})

test('a task that has ended holds nothing, also of what comes back late', () => {
  const budget = createRecordBudget(8 * mebibyte, 2)
  const task = createThreadMemory(budget.place().place).task()
  task.hold(1_500)
  expect(budget.held()).toBe(2_048)
  task.close()
  task.release(1_500)
  task.close()
  expect(budget.held()).toBe(0)
})

test('I12: a producer waits with its next batch while the worker has no room, and never with its only one', () => {
  const budget = createRecordBudget(4 * mebibyte, 2)
  const thread = createThreadMemory(budget.place().place)
  const pool = createSlabPool(mebibyte)
  const taskSlabs = () => createSlabBudget(slabsWithin(pool, thread.task()), 32 * mebibyte)
  const [busy, late] = [taskSlabs(), taskSlabs()]
  const slabs = [busy.take(), busy.take()]
  expect(busy.fits()).toBe(false)
  expect(late.fits()).toBe(true)
  late.take()
  expect(late.fits()).toBe(true)
  late.take()
  expect(late.fits()).toBe(false)
  for (const slab of slabs) busy.give(slab)
  expect(busy.fits()).toBe(true)
})
