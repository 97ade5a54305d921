import { TRPCClientError } from '@trpc/client'
import type { Trouble } from '#components/ui/failure.tsx'

/** Anything that a call threw as message, code and next step. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof TRPCClientError)) {
    return { message: error instanceof Error ? error.message : String(error) }
  }
  if (!error.data) {
    return { message: 'The console cannot be reached.', hint: 'Check that it runs; the page asks again by itself.' }
  }
  return { message: error.message, ...connectErrorOf(error.data) }
}

/** The row of the error table that the server adds to an answer, when the error is one of ours. */
function connectErrorOf(data: unknown): Pick<Trouble, 'code' | 'hint'> {
  if (typeof data !== 'object' || data === null || !('connect' in data)) return {}
  const { connect } = data
  if (typeof connect !== 'object' || connect === null) return {}
  return {
    ...('code' in connect && typeof connect.code === 'string' ? { code: connect.code } : {}),
    ...('hint' in connect && typeof connect.hint === 'string' ? { hint: connect.hint } : {}),
  }
}
