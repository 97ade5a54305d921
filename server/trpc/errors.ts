import { TRPCError } from '@trpc/server'
import { ZodError } from 'zod'
import { ConnectError, type ErrorCode, errorCatalog, type Problem } from '#server/contract/errors.ts'

/** The row of the error table that travels with an answer. */
export interface ConnectErrorData {
  code: ErrorCode
  hint: string
  /** The fields at fault. */
  problems: readonly Problem[]
}

const codes: Record<number, TRPCError['code']> = {
  400: 'BAD_REQUEST',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  502: 'BAD_GATEWAY',
  503: 'SERVICE_UNAVAILABLE',
}

/** Gives an error of ours the code of its status. A browser tries some codes again by itself, so they matter. */
export function toTrpcError(error: unknown): unknown {
  const ours = error instanceof ConnectError ? error : error instanceof TRPCError ? error.cause : undefined
  if (!(ours instanceof ConnectError)) return error
  const code = codes[ours.status] ?? 'INTERNAL_SERVER_ERROR'
  return new TRPCError({ code, message: ours.message, cause: ours })
}

export function connectErrorOf({ cause }: TRPCError): ConnectErrorData | null {
  if (cause instanceof ConnectError) return { code: cause.code, hint: cause.hint, problems: cause.problems }
  if (!(cause instanceof ZodError)) return null
  return { code: 'BAD_REQUEST', hint: errorCatalog.BAD_REQUEST.hint, problems: problemsOf(cause) }
}

/** Wrong input as a sentence; what nobody foresaw without its inner words (S-36), which stand in the log. */
export function messageFor(error: TRPCError, fallback: string): string {
  const { cause } = error
  if (cause instanceof ZodError) {
    return problemsOf(cause)
      .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
      .join('; ')
  }
  const foreseen = cause === undefined || cause instanceof ConnectError
  if (foreseen || error.code !== 'INTERNAL_SERVER_ERROR') return fallback
  return 'The console failed in a way nobody foresaw. Its log says more.'
}

const problemsOf = (error: ZodError): Problem[] =>
  error.issues.map(({ path, message }) => ({ field: path.map(String).join('.'), message }))
