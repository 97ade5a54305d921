import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import * as json from '#server/rest/json.ts'

/** Names, or with any `expand` a map; a connector that vanishes meanwhile is left out, as in Kafka. */
export async function listConnectors(herder: Herder, query: URLSearchParams): Promise<unknown> {
  const names = await herder.list()
  if (!query.has('expand')) return names
  const wanted = query.getAll('expand')
  const expanded: Record<string, unknown> = Object.create(null)
  for (const name of names) {
    const entry = await expandConnector(herder, name, wanted)
    if (entry !== undefined) expanded[name] = entry
  }
  return expanded
}

async function expandConnector(herder: Herder, name: string, wanted: readonly string[]) {
  try {
    return {
      ...(wanted.includes('status') && { status: json.connectorStatus.write(await herder.status(name)) }),
      ...(wanted.includes('info') && { info: await herder.info(name) }),
    }
  } catch (error) {
    if (error instanceof ConnectError && error.status === 404) return undefined
    throw error
  }
}
