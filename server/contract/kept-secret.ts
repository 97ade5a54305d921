/**
 * Stands in a config for a PASSWORD value that never leaves the server. Sent back it means "unchanged": the server puts
 * the stored value in its place. It is no value that a person would choose, and no mask that could be stored by mistake.
 */
export const keptSecret = '[unchanged secret]'

export const isKeptSecret = (value: string | null | undefined): boolean => value === keptSecret
