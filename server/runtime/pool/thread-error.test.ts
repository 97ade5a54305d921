import { expect, test } from 'vitest'
import { ConnectError, traceOf } from '#server/contract/errors.ts'
import { fromErrorMessage, toErrorMessage } from '#server/runtime/pool/thread-error.ts'
import { DataError } from '#server/sdk/data-error.ts'

const crossed = (error: unknown) => fromErrorMessage(structuredClone(toErrorMessage(error)))

test('an error keeps its name, its message and the trace of all its causes', () => {
  const error = new DataError('outer', { cause: new Error('inner', { cause: 'a text' }) })
  const arrived = crossed(error)
  expect(arrived).toMatchObject({ name: 'DataException', message: 'outer' })
  expect(traceOf(arrived)).toBe(traceOf(error))
  expect(arrived.stack).toMatch(/Caused by: Error: inner.*Caused by: a text/s)
})

test('an error of the catalog stays one', () => {
  const problems = [{ field: 'file', message: 'missing' }]
  const arrived = crossed(new ConnectError('CONFIG_INVALID', 'bad', { problems, status: 422 }))
  expect(arrived).toBeInstanceOf(ConnectError)
  expect(arrived).toMatchObject({ code: 'CONFIG_INVALID', status: 422, problems, message: 'bad' })
})

test('anything else that was thrown arrives as an error', () => {
  expect(crossed('just a text').message).toBe('just a text')
  expect(crossed(undefined).message).toBe('undefined')
})
