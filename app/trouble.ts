import { TRPCClientError } from '@trpc/client'
import type { Trouble } from '#components/ui/failure.tsx'
import { errorCatalog, messageOf } from '#server/contract/errors.ts'

/** Anything that a call threw as message, code and next step. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof TRPCClientError)) return { message: messageOf(error) }
  const code = codeOf(error.data)
  if (code) return { message: error.message, code, hint: errorCatalog[code].hint }
  if (error.data) return { message: error.message }
  return {
    message: 'The console cannot be reached.',
    hint: 'Check that `npm start` runs; the page asks again by itself.',
  }
}

function codeOf(data: unknown): keyof typeof errorCatalog | undefined {
  if (typeof data !== 'object' || data === null || !('connect' in data)) return undefined
  const { connect } = data
  if (typeof connect !== 'object' || connect === null || !('code' in connect)) return undefined
  const { code } = connect
  return typeof code === 'string' && Object.hasOwn(errorCatalog, code) ? (code as keyof typeof errorCatalog) : undefined
}
