import type { ExpandedConnector } from '#server/contract/connector.ts'
import type { Herder } from '#server/contract/herder.ts'
import * as json from '#server/rest/json.ts'

/** Names, or with any `expand` a map; a connector without a status is left out where statuses are asked for, as in Kafka. */
export async function listConnectors(herder: Herder, query: URLSearchParams): Promise<unknown> {
  if (!query.has('expand')) return herder.list()
  const wanted = query.getAll('expand')
  const expanded: Record<string, unknown> = Object.create(null)
  for (const connector of await herder.listExpanded()) {
    const entry = expand(connector, wanted)
    if (entry !== undefined) expanded[connector.name] = entry
  }
  return expanded
}

function expand({ info, status }: ExpandedConnector, wanted: readonly string[]) {
  if (!wanted.includes('status')) return wanted.includes('info') ? { info } : {}
  if (status === null) return undefined
  return { status: json.connectorStatus.write(status), ...(wanted.includes('info') && { info }) }
}
