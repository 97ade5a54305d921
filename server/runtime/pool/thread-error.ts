import {
  ConnectError,
  type ErrorCode,
  errorCatalog,
  messageOf,
  type Problem,
  traceOf,
} from '#server/contract/errors.ts'

/** An error as it crosses a thread boundary: causes are kept as text, in the stack. */
export interface ErrorMessage {
  name: string
  message: string
  stack: string
  /** Of a `ConnectError`, so that a door answers it as what it is. */
  known?: { code: ErrorCode; status: number; problems: readonly Problem[] }
}

/** `clean` takes out of the texts what must not leave the thread. */
export function toErrorMessage(error: unknown, clean: (text: string) => string = (text) => text): ErrorMessage {
  const { name } = error instanceof Error ? error : { name: 'Error' }
  const known = error instanceof ConnectError && {
    code: error.code,
    status: error.status,
    problems: error.problems.map(({ field, message }) => ({ field, message: clean(message) })),
  }
  return { name, message: clean(messageOf(error)), stack: clean(traceOf(error)), ...(known && { known }) }
}

export function fromErrorMessage({ name, message, stack, known }: ErrorMessage): Error {
  const { code, ...rest } = known ?? {}
  const error =
    code !== undefined && Object.hasOwn(errorCatalog, code)
      ? new ConnectError(code, message, rest)
      : Object.assign(new Error(message), { name })
  error.stack = stack
  return error
}
