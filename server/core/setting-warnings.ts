import { nearestKey } from '#server/contract/nearest-key.ts'

/**
 * What a person should look at in the settings of a process: each key that nobody knows and that is either one of ours, or
 * so near to a known one that it was probably meant. Others may be anybody's, as for Kafka Connect, which says nothing of them.
 * Keys below one of `openPrefixes` are read by whoever the prefix names. Values are never told.
 */
export function settingWarnings(
  keys: Iterable<string>,
  known: ReadonlySet<string>,
  openPrefixes: readonly string[],
): { key: string; message: string }[] {
  return [...keys].flatMap((key) => {
    if (known.has(key) || openPrefixes.some((prefix) => key.startsWith(prefix))) return []
    const meant = nearestKey(key, known)
    if (meant === undefined && !key.startsWith('sluice.')) return []
    const question = meant === undefined ? '' : ` Did you mean ${meant}?`
    return [{ key, message: `The setting ${key} is not known and has no effect.${question}` }]
  })
}
