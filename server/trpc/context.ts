import type { Role } from '#server/console/access.ts'
import type { Console } from '#server/console/console.ts'

/** What a procedure gets besides its input. */
export interface Context {
  console: Console
  role: Role
}
