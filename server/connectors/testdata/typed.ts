import type { ConfigOf, Fields } from '#server/contract/config-field.ts'
import { parseConfig } from '#server/core/config-def.ts'

/** A config as a task gets it: read by its table, which must take it. */
export function typed<F extends Fields>(fields: F, raw: Record<string, string>): ConfigOf<F> {
  const parsed = parseConfig(fields, raw)
  if (!parsed.ok) throw new Error(parsed.problems.map(({ field, message }) => `${field}: ${message}`).join('; '))
  return parsed.value
}
