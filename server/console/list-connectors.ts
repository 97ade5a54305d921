import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import { maskConfig } from '#server/console/secrets.ts'
import type { ConnectorInfo, ConnectorStatus } from '#server/contract/connector.ts'
import type { Herder } from '#server/contract/herder.ts'
import { inParallel } from '#server/contract/in-parallel.ts'

/** A connector as lists show it; its status may be missing while it is being created. */
export interface ListedConnector {
  name: string
  info: ConnectorInfo
  status: ConnectorStatus | null
}

const width = 16

/** Every connector with info and status, sorted by name; one that vanishes meanwhile is left out. Configs are raw. */
export async function readConnectors(herder: Pick<Herder, 'list' | 'info' | 'status'>): Promise<ListedConnector[]> {
  const names = (await herder.list()).sort()
  const found = await inParallel(names, width, async (name) => {
    const [info, status] = await Promise.all([
      orNull(herder.info(name), 'CONNECTOR_NOT_FOUND'),
      orNull(herder.status(name), 'STATUS_NOT_FOUND', 'CONNECTOR_NOT_FOUND'),
    ])
    return info && { name, info, status }
  })
  return found.filter((each) => each !== null)
}

/** The same for the browser: without secrets. */
export async function listConnectors({ herder, passwordKeys }: ConnectedCluster): Promise<ListedConnector[]> {
  const listed = await readConnectors(herder)
  return Promise.all(
    listed.map(async ({ info, ...rest }) => ({
      ...rest,
      info: { ...info, config: maskConfig(info.config, await passwordKeys(info.config)) },
    })),
  )
}
