import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { traceOf } from '#server/contract/errors.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import { DataError } from '#server/sdk/data-error.ts'

function open(config: Record<string, string>) {
  const lines: string[] = []
  const logger = { ...quietLogger, error: (message: string) => void lines.push(message) }
  const tolerance = createTolerance({
    taskName: 'orders-0',
    config,
    record: () => undefined,
    clock: systemClock,
    logger,
  })
  const fail = () =>
    tolerance.attempt<string>(
      'VALUE_CONVERTER',
      'a.B',
      () => {
        throw new DataError('no')
      },
      () => 'consumed record is {x}',
    )
  return { tolerance, lines, fail }
}

test('without tolerance the step fails in Kafka Connect words, with its cause, and quietly', () => {
  const { lines, fail } = open({})
  let thrown: unknown
  try {
    fail()
  } catch (error) {
    thrown = error
  }
  expect(traceOf(thrown)).toMatch(/^Error: Tolerance exceeded in error handler.*Caused by: DataException: no/s)
  expect(lines).toEqual([])
})

test('the record that ends a task is reported as well', () => {
  const { lines, fail } = open({ 'errors.log.enable': 'true', 'errors.log.include.messages': 'true' })
  expect(fail).toThrow('Tolerance exceeded')
  expect(lines).toEqual([
    "Error encountered in task orders-0. Executing stage 'VALUE_CONVERTER' with class 'a.B', where consumed record is {x}.",
  ])
})

test('with tolerance a record is left out, and what it held is told only on request', () => {
  const { tolerance, lines, fail } = open({ 'errors.tolerance': 'ALL', 'errors.log.enable': 'true' })
  expect(fail()).toBeUndefined()
  expect(lines).toEqual(["Error encountered in task orders-0. Executing stage 'VALUE_CONVERTER' with class 'a.B'."])
  expect(tolerance.attempt('KEY_CONVERTER', 'a.B', () => 'fine', String)).toBe('fine')
})

test('what Kafka refused is left out with tolerance only', () => {
  const none = open({ 'errors.log.enable': 'true' })
  expect(none.tolerance.refused('a.B', new Error('too large'), String)).toBe(false)
  const all = open({ 'errors.tolerance': 'all', 'errors.log.enable': 'true' })
  expect(all.tolerance.refused('a.B', new Error('too large'), String)).toBe(true)
  expect(all.lines).toEqual([expect.stringContaining("stage 'KAFKA_PRODUCE'")])
})
