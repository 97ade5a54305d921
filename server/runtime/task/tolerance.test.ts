import { expect, test } from 'vitest'
import { traceOf } from '#server/contract/errors.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createTaskRecorder } from '#server/observe/task-recorder.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import { ConversionPending, isPending } from '#server/sdk/conversion-pending.ts'
import { DataError, RetriableError } from '#server/sdk/data-error.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'

const atHand = { describe: () => 'consumed record is {x}' }
const { signal } = new AbortController()

function open(config: Record<string, string>) {
  const lines: string[] = []
  const logger = { ...quietLogger, error: (message: string) => void lines.push(message) }
  const { record, take } = createTaskRecorder()
  const clock = leapingClock()
  const tolerance = createTolerance({ taskName: 'orders-0', config, record, clock, logger })
  const failWith = (error: unknown, about = atHand, nth = 0) =>
    tolerance.attempt<string>(
      'VALUE_CONVERTER',
      'a.B',
      () => {
        throw error
      },
      about,
      nth,
    )
  /** Tries the record until it is given up, as a runner does; answers what became of it. */
  async function persist(step: () => unknown, about = atHand) {
    for (;;) {
      try {
        return tolerance.attempt('VALUE_CONVERTER', 'a.B', step, about)
      } catch (error) {
        if (!isPending(error)) throw error
        await error.settle(signal)
      }
    }
  }
  const measured = () => Object.fromEntries(take().map(([sensor, { sum }]) => [sensor, sum]))
  return { tolerance, clock, lines, failWith, persist, measured, fail: () => failWith(new DataError('no')) }
}

function thrownBy(step: () => unknown): unknown {
  try {
    step()
  } catch (error) {
    return error
  }
  throw new Error('it threw nothing')
}

test('without tolerance the step fails in Kafka Connect words, with its cause, and quietly', () => {
  const { lines, fail } = open({})
  expect(traceOf(thrownBy(fail))).toMatch(/^Error: Tolerance exceeded in error handler.*Caused by: DataException: no/s)
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
  expect(tolerance.attempt('KEY_CONVERTER', 'a.B', () => 'fine', atHand)).toBe('fine')
})

test('what Kafka refused is left out with tolerance only', () => {
  const none = open({ 'errors.log.enable': 'true' })
  expect(none.tolerance.refused('a.B', new Error('too large'), atHand)).toBe(false)
  const all = open({ 'errors.tolerance': 'all', 'errors.log.enable': 'true' })
  expect(all.tolerance.refused('a.B', new Error('too large'), atHand)).toBe(true)
  expect(all.lines).toEqual([expect.stringContaining("stage 'KAFKA_PRODUCE'")])
})

test('a converter that has to ask first is neither a failure nor a retry', () => {
  const { failWith, measured } = open({ 'errors.tolerance': 'all', 'errors.retry.timeout': '60000' })
  const pending = new ConversionPending('schema 7', async () => undefined)
  expect(thrownBy(() => failWith(pending))).toBe(pending)
  expect(measured()).toEqual({})
})

test('a retriable error is tried again until it succeeds, 300, 600, 1200 ms later', async () => {
  const { persist, clock, lines, measured } = open({ 'errors.retry.timeout': '60000', 'errors.log.enable': 'true' })
  let failures = 3
  const step = () => {
    if (failures-- > 0) throw new RetriableError('away')
    return 'here'
  }
  expect(await persist(step)).toBe('here')
  expect(clock.passed).toEqual([300, 600, 1_200])
  expect(lines).toEqual([])
  expect(measured()).toEqual({ 'total-record-failures': 3, 'total-retries': 3 })
})

test('when the time is up a retriable error is an error, tolerated or not', async () => {
  const away = () => {
    throw new RetriableError('away')
  }
  const strict = open({ 'errors.retry.timeout': '1000' })
  await expect(strict.persist(away)).rejects.toThrow('Tolerance exceeded')
  expect(strict.clock.passed.reduce((sum, ms) => sum + ms, 0)).toBe(1_000)
  const tolerant = open({ 'errors.retry.timeout': '1000', 'errors.tolerance': 'all' })
  expect(await tolerant.persist(away)).toBeUndefined()
  expect(tolerant.measured()).toMatchObject({
    'total-record-failures': 4,
    'total-retries': 3,
    'total-record-errors': 1,
    'total-records-skipped': 1,
  })
})

test('the next record, and the next transform of the same one, have time of their own', async () => {
  const { failWith, clock } = open({ 'errors.retry.timeout': '1000' })
  const away = new RetriableError('away')
  expect(isPending(thrownBy(() => failWith(away)))).toBe(true)
  await clock.sleep(2_000)
  expect(isPending(thrownBy(() => failWith(away, atHand, 1)))).toBe(true)
  expect(thrownBy(() => failWith(away))).toMatchObject({ message: 'Tolerance exceeded in error handler' })
  expect(isPending(thrownBy(() => failWith(away, { ...atHand })))).toBe(true)
})

test('an error that is not retriable, and any without a timeout, is given up at once', async () => {
  const { clock, fail } = open({ 'errors.retry.timeout': '60000' })
  expect(fail).toThrow('Tolerance exceeded')
  expect(() => open({}).failWith(new RetriableError('away'))).toThrow('Tolerance exceeded')
  expect(clock.passed).toEqual([])
})

test('a wait that is cut short is no success, and goes on where it stopped', async () => {
  const { failWith, clock } = open({ 'errors.retry.timeout': '60000' })
  const pending = thrownBy(() => failWith(new RetriableError('away'))) as ConversionPending
  await expect(pending.settle(AbortSignal.abort(new Error('paused')))).rejects.toThrow('paused')
  await clock.sleep(200)
  await pending.settle(signal)
  expect(clock.passed).toEqual([200, 100])
})

test('a record that a sink reports is left out under tolerance, else the report itself throws', async () => {
  const tolerant = open({ 'errors.tolerance': 'all', 'errors.log.enable': 'true' })
  await tolerant.tolerance.errant(new Error('too long'), atHand)
  expect(tolerant.lines).toEqual([
    "Error encountered in task orders-0. Executing stage 'TASK_PUT' with class 'org.apache.kafka.connect.sink.SinkTask'.",
  ])
  expect(tolerant.measured()).toMatchObject({ 'total-record-errors': 1, 'total-records-skipped': 1 })
  const strict = open({ 'errors.log.enable': 'true' })
  expect(() => void strict.tolerance.errant(new Error('too long'), atHand)).toThrow('Tolerance exceeded')
  expect(strict.lines).toHaveLength(1)
})
