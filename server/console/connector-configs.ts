import type { ConfigRecorder } from '#server/console/config-recorder.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import { fillFromStored } from '#server/console/fill-from-stored.ts'
import { orNull } from '#server/console/or-null.ts'
import { hidingSecrets, keepsSecrets, maskConfig, maskInfos, restoreSecrets } from '#server/console/secrets.ts'
import type { ConfigInfos, ConnectorConfig, ConnectorInfo, ConnectorStatus } from '#server/contract/connector.ts'

/** Everything that a connector's own page begins with. */
export interface ConnectorDetail {
  info: ConnectorInfo
  status: ConnectorStatus | null
  /** The topics it has used, where the cluster tracks them. */
  topics: string[]
}

export async function getConnector(
  { slug, herder, passwordKeys }: ConnectedCluster,
  name: string,
  recorder: ConfigRecorder,
): Promise<ConnectorDetail> {
  const since = recorder.now()
  const [info, status, topics] = await Promise.all([
    herder.info(name),
    orNull(herder.status(name), 'STATUS_NOT_FOUND', 'CONNECTOR_NOT_FOUND'),
    orNull(herder.activeTopics(name), 'TOPIC_TRACKING_DISABLED', 'ROUTE_NOT_FOUND'),
  ])
  const isPassword = await passwordKeys(info.config)
  recorder.seen(slug, name, { config: info.config, isPassword, since })
  return { info: { ...info, config: maskConfig(info.config, isPassword) }, status, topics: topics ?? [] }
}

export async function createConnector(
  cluster: ConnectedCluster,
  { name, config }: { name: string; config: ConnectorConfig },
  recorder: ConfigRecorder,
): Promise<ConnectorInfo> {
  const filled = restoreSecrets(config, {})
  return written(cluster, name, filled.config, recorder, () => cluster.herder.create({ name, config: filled.config }))
}

/** Applies a config as the browser has it: where it says "unchanged", the present secret stays. */
export async function changeConfig(
  cluster: ConnectedCluster,
  { name, config }: { name: string; config: ConnectorConfig },
  recorder: ConfigRecorder,
): Promise<ConnectorInfo> {
  const filled = restoreSecrets(config, keepsSecrets(config) ? await cluster.herder.config(name) : {})
  return written(cluster, name, filled.config, recorder, () =>
    hidingSecrets(filled.secrets, async () => (await cluster.herder.putConfig(name, filled.config)).info),
  )
}

export async function deleteConnector(
  { slug, herder }: ConnectedCluster,
  name: string,
  recorder: ConfigRecorder,
): Promise<void> {
  await recorder.deleting(slug, name, () => herder.delete(name))
}

/** What the cluster thinks of a config. With `name`, its secrets may be those of that connector. */
export async function validateConfig(
  { herder }: ConnectedCluster,
  { plugin, config, name }: { plugin: string; config: ConnectorConfig; name?: string },
): Promise<ConfigInfos> {
  const filled = await fillFromStored(herder, config, name)
  const infos = await hidingSecrets(filled.secrets, () => herder.validate(plugin, filled.config))
  return maskInfos(infos, config, filled)
}

/** @param config what is sent, secrets included */
async function written(
  { slug, passwordKeys }: ConnectedCluster,
  name: string,
  config: ConnectorConfig,
  recorder: ConfigRecorder,
  write: () => Promise<ConnectorInfo>,
): Promise<ConnectorInfo> {
  const isPassword = await passwordKeys(config)
  const info = await recorder.writing(slug, name, isPassword, write)
  return { ...info, config: maskConfig(info.config, isPassword) }
}
