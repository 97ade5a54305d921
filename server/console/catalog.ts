import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { PluginInfo } from '#server/contract/connector.ts'
import type { CatalogEntry } from '#server/contract/herder.ts'

/** The cards to choose from. A cluster that has no catalog of its own is shown by what it lists: class, type, version. */
export async function readCatalog({ herder }: Pick<ConnectedCluster, 'herder'>): Promise<CatalogEntry[]> {
  const own = await orNull(herder.catalog(), 'UNSUPPORTED')
  return own ?? (await herder.plugins(true)).flatMap(entryOf)
}

function entryOf({ class: name, type, version }: PluginInfo): CatalogEntry[] {
  if (type !== 'source' && type !== 'sink') return []
  const title = name.slice(name.lastIndexOf('.') + 1).replace(/Connector$/, '')
  return [{ class: name, type, version: version ?? '', title, summary: '', system: '', example: {} }]
}
