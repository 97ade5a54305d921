import { z } from 'zod'
import type { Fingerprint } from '#server/console/fingerprint.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { keptSecret } from '#server/contract/kept-secret.ts'
import { type IsPassword, isSecret } from '#server/contract/secret-values.ts'

/** A config as the history keeps it: a secret is there as its fingerprint alone. */
export type StoredConfig = Record<string, string | null | { secret: string }>

const schema = z.record(z.string(), z.union([z.string(), z.null(), z.object({ secret: z.string() })]))

export function toStored(config: ConnectorConfig, isPassword: IsPassword, fingerprint: Fingerprint): StoredConfig {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      value !== null && isSecret(key, value, isPassword) ? { secret: fingerprint(value) } : value,
    ]),
  )
}

/** Reads the JSON column; null stands for a deleted connector. */
export const parseStored = (column: unknown): StoredConfig | null => (column === null ? null : schema.parse(column))

/** As the browser gets it: going back to it keeps the present secrets. */
export const toMasked = (stored: StoredConfig): ConnectorConfig =>
  Object.fromEntries(
    Object.entries(stored).map(([key, value]) => [
      key,
      value !== null && typeof value === 'object' ? keptSecret : value,
    ]),
  )

/** The keys in which two configs differ, sorted. */
export function changedKeys(before: StoredConfig, after: StoredConfig): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].filter((key) => textOf(before, key) !== textOf(after, key)).sort()
}

const textOf = (config: StoredConfig, key: string): string | undefined =>
  Object.hasOwn(config, key) ? JSON.stringify(config[key]) : undefined
