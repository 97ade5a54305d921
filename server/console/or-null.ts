import { ConnectError, type ErrorCode } from '#server/contract/errors.ts'

/** The answer, or null when the error says in one of these ways that there is none. */
export async function orNull<Answer>(answer: Promise<Answer>, ...absent: ErrorCode[]): Promise<Answer | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ConnectError && absent.includes(error.code)) return null
    throw error
  }
}
