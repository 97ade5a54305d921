import { flag } from '#server/contract/config-field.ts'

/** The setting that many transforms share (KIP-1040). */
export const replaceNullWithDefault = flag({
  doc: 'Whether to replace fields that have a default value and that are null to the default value. When set to true, the default value is used, otherwise null is used.',
  importance: 'medium',
  default: true,
})
