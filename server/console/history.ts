import type { PrismaClient } from '#prisma/client/client.ts'
import type { Prisma } from '#server/console/database/background.ts'
import { changedKeys, parseStored, type StoredConfig, toMasked } from '#server/console/stored-config.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'

/** How a config came about: by this console, or `seen` when it was made elsewhere. */
export type ChangeKind = 'created' | 'changed' | 'deleted' | 'restored' | 'seen'

export interface HistoryEntry {
  id: string
  connector: string
  version: number
  /** Milliseconds since the epoch. */
  at: number
  kind: ChangeKind
  changed: string[]
  author: string | null
  reason: string | null
  /** What happened, in words. */
  sentence: string
}

export interface ConfigEntry extends HistoryEntry {
  /** Secrets read "unchanged"; null when the connector was deleted. */
  config: ConnectorConfig | null
}

export interface NewVersion {
  cluster: string
  connector: string
  /** Null: it was deleted. */
  config: StoredConfig | null
  /** Where the change was made. */
  by: 'console' | 'elsewhere'
  author?: string
  reason?: string
}

/** Every config of every connector that the console wrote or saw, newest versions kept. */
export interface ConfigHistory {
  /** Adds a version, unless it is what the newest one says already. */
  record(version: NewVersion): Promise<void>
  newest(cluster: string, connector: string): Promise<StoredConfig | null | undefined>
  list(cluster: string, connector: string): Promise<ConfigEntry[]>
  /** What happened lately to any connector, newest first; configs that were only found are no event. */
  recent(cluster: string, limit: number): Promise<HistoryEntry[]>
}

/** I12: older versions of one connector are let go. */
const versionsKept = 200

export function createConfigHistory(database: Prisma): ConfigHistory {
  const newestRow = (prisma: PrismaClient, cluster: string, connector: string) =>
    prisma.configVersion.findFirst({ where: { cluster, connector }, orderBy: { version: 'desc' } })

  return {
    async record({ cluster, connector, config, by, author, reason }) {
      const prisma = await database()
      // Two consoles on one database may choose the same number: the unique index refuses one, which tries again.
      for (let attempt = 1; ; attempt++) {
        const last = await newestRow(prisma, cluster, connector)
        const before = last ? parseStored(last.config) : undefined
        if (before !== undefined && same(before, config)) return
        const version = (last?.version ?? 0) + 1
        const restored = await restoredVersion(prisma, cluster, connector, before, config)
        const row = {
          cluster,
          connector,
          version,
          kind: kindOf(before, config, by, restored),
          ...(config !== null && { config }),
          changed: changedKeys(before ?? {}, config ?? {}),
          restored: restored ?? null,
          author: author ?? null,
          reason: reason ?? null,
        }
        try {
          await prisma.configVersion.create({ data: row })
          await prisma.configVersion.deleteMany({
            where: { cluster, connector, version: { lte: version - versionsKept } },
          })
          return
        } catch (error) {
          if (!isDuplicate(error) || attempt === 5) throw error
        }
      }
    },
    async newest(cluster, connector) {
      const row = await newestRow(await database(), cluster, connector)
      return row ? parseStored(row.config) : undefined
    },
    async list(cluster, connector) {
      const rows = await (await database()).configVersion.findMany({
        where: { cluster, connector },
        orderBy: { version: 'desc' },
        take: versionsKept,
      })
      return rows.map((row) => {
        const stored = parseStored(row.config)
        return { ...entryOf(row), config: stored && toMasked(stored) }
      })
    },
    async recent(cluster, limit) {
      const rows = await (await database()).configVersion.findMany({
        where: { cluster, NOT: { kind: 'seen', version: 1 } },
        orderBy: [{ at: 'desc' }, { version: 'desc' }],
        take: limit,
        omit: { config: true },
      })
      return rows.map(entryOf)
    },
  }

  /** The earlier version that this config is equal to. */
  async function restoredVersion(
    prisma: PrismaClient,
    cluster: string,
    connector: string,
    before: StoredConfig | null | undefined,
    config: StoredConfig | null,
  ): Promise<number | undefined> {
    if (!before || !config) return undefined
    const rows = await prisma.configVersion.findMany({
      where: { cluster, connector },
      orderBy: { version: 'desc' },
      take: versionsKept,
      select: { version: true, config: true },
    })
    return rows.find((row) => same(parseStored(row.config), config))?.version
  }
}

const same = (a: StoredConfig | null, b: StoredConfig | null): boolean =>
  a === null || b === null ? a === b : changedKeys(a, b).length === 0

function kindOf(
  before: StoredConfig | null | undefined,
  config: StoredConfig | null,
  by: NewVersion['by'],
  restored: number | undefined,
): ChangeKind {
  if (config === null) return 'deleted'
  if (by === 'elsewhere') return 'seen'
  if (!before) return 'created'
  return restored === undefined ? 'changed' : 'restored'
}

interface Row {
  id: string
  connector: string
  version: number
  at: Date
  kind: string
  changed: string[]
  restored: number | null
  author: string | null
  reason: string | null
}

const entryOf = (row: Row): HistoryEntry => ({
  id: row.id,
  connector: row.connector,
  version: row.version,
  at: row.at.getTime(),
  kind: row.kind as ChangeKind,
  changed: row.changed,
  author: row.author,
  reason: row.reason,
  sentence: sentenceOf(row),
})

function sentenceOf(row: Row): string {
  switch (row.kind as ChangeKind) {
    case 'created':
      return 'was created'
    case 'deleted':
      return 'was deleted'
    case 'restored':
      return `went back to version ${row.restored}`
    case 'changed':
      return `changed ${keysInWords(row.changed)}`
    case 'seen':
      return row.version === 1
        ? 'was found with this config'
        : `changed ${keysInWords(row.changed)} outside this console`
  }
}

function keysInWords(keys: readonly string[]): string {
  const shown = keys.slice(0, 3).join(', ')
  return keys.length > 3 ? `${shown} and ${keys.length - 3} more` : shown
}

/** Prisma's code for a violated unique index; compared by code, as every copy of the client has its own class. */
const isDuplicate = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'P2002'
