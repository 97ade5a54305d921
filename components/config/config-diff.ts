import type { ConnectorConfig } from '#server/contract/connector.ts'

export type ConfigChange =
  | { key: string; kind: 'added'; after: string | null }
  | { key: string; kind: 'removed'; before: string | null }
  | { key: string; kind: 'changed'; before: string | null; after: string | null }

/** What differs between two configs, by key. */
export function configDiff(before: ConnectorConfig, after: ConnectorConfig): ConfigChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return keys.flatMap((key): ConfigChange[] => {
    const was = Object.hasOwn(before, key) ? before[key] : undefined
    const is = Object.hasOwn(after, key) ? after[key] : undefined
    if (was === is) return []
    if (was === undefined) return [{ key, kind: 'added', after: is ?? null }]
    if (is === undefined) return [{ key, kind: 'removed', before: was }]
    return [{ key, kind: 'changed', before: was, after: is }]
  })
}
