import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { PluginInfo } from '#server/contract/connector.ts'
import type { CatalogEntry, RecordPluginEntry } from '#server/contract/herder.ts'

/** The cards to choose from. A cluster that has no catalog of its own is shown by what it lists: class, type, version. */
export async function readCatalog({ herder }: Pick<ConnectedCluster, 'herder'>): Promise<CatalogEntry[]> {
  const own = await orNull(herder.catalog(), 'UNSUPPORTED')
  return own ?? (await herder.plugins(true)).flatMap(entryOf)
}

/** One sentence by class; asked when somebody needs it. */
export type ShippedSummaries = () => Promise<ReadonlyMap<string, string>>

/**
 * The transforms and predicates to choose from, by name. A cluster that does not describe them is asked for its classes, and
 * those that come with Sluice too are described by it.
 */
export async function readRecordPlugins(
  { herder }: Pick<ConnectedCluster, 'herder'>,
  shipped: ShippedSummaries,
): Promise<RecordPluginEntry[]> {
  const own = await orNull(herder.recordPlugins(), 'UNSUPPORTED')
  const all = own ?? describedBy(await shipped(), await herder.plugins(false))
  // Several versions of one class are one choice; the version is a setting of the step.
  return [...new Map(all.map((entry) => [entry.class, entry])).values()].sort((a, b) => (a.class < b.class ? -1 : 1))
}

const describedBy = (summaries: ReadonlyMap<string, string>, plugins: readonly PluginInfo[]): RecordPluginEntry[] =>
  plugins.flatMap(({ class: name, type, version = '' }) =>
    type === 'transformation' || type === 'predicate'
      ? [{ class: name, type, version, summary: summaries.get(name) ?? '' }]
      : [],
  )

function entryOf({ class: name, type, version }: PluginInfo): CatalogEntry[] {
  if (type !== 'source' && type !== 'sink') return []
  const title = name.slice(name.lastIndexOf('.') + 1).replace(/Connector$/, '')
  return [{ class: name, type, version: version ?? '', title, summary: '', system: '', example: {} }]
}
