import type { ConnectorConfig } from '#server/contract/connector.ts'

/** Which keys two configs differ in, sorted; never what they say (S-09). */
export interface ChangedKeys {
  added: string[]
  removed: string[]
  changed: string[]
}

export function changedKeys(before: ConnectorConfig, after: ConnectorConfig): ChangedKeys {
  const has = (config: ConnectorConfig, key: string) => Object.hasOwn(config, key)
  const old = Object.keys(before)
  return {
    added: Object.keys(after)
      .filter((key) => !has(before, key))
      .sort(),
    removed: old.filter((key) => !has(after, key)).sort(),
    changed: old.filter((key) => has(after, key) && before[key] !== after[key]).sort(),
  }
}

/** In words, for a person: `topic, file changed; tasks.max added`. */
export function describeChangedKeys({ added, removed, changed }: ChangedKeys): string {
  const parts = [
    [changed, 'changed'],
    [added, 'added'],
    [removed, 'removed'],
  ] as const
  const told = parts.filter(([keys]) => keys.length > 0).map(([keys, what]) => `${keys.join(', ')} ${what}`)
  return told.join('; ') || 'nothing differs'
}
