import type { ConfigKeyInfo } from '#server/contract/config-field.ts'

/** One field as it is drawn: its definition, what the config says, and what the validate answer says about that. */
export interface FormField {
  name: string
  definition: ConfigKeyInfo
  value: string | null | undefined
  recommended: string[]
  errors: string[]
  /** What is no error but should be looked at. */
  warning: string | undefined
  /** Folded away until it is asked for, set, or wrong. */
  advanced: boolean
}
