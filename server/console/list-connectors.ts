import type { ConnectedCluster } from '#server/console/connections.ts'
import { maskConfig } from '#server/console/secrets.ts'
import type { ExpandedConnector } from '#server/contract/connector.ts'
import type { Herder } from '#server/contract/herder.ts'

/** Every connector with info and status, sorted by name. Configs are raw. */
export async function readConnectors(herder: Pick<Herder, 'listExpanded'>): Promise<ExpandedConnector[]> {
  return (await herder.listExpanded()).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The same for the browser: without secrets. */
export async function listConnectors({ herder, passwordKeys }: ConnectedCluster): Promise<ExpandedConnector[]> {
  const listed = await readConnectors(herder)
  return Promise.all(
    listed.map(async ({ info, ...rest }) => ({
      ...rest,
      info: { ...info, config: maskConfig(info.config, await passwordKeys(info.config)) },
    })),
  )
}
