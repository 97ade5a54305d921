import type { ConnectedCluster } from '#server/console/connections.ts'
import { fillFromStored } from '#server/console/fill-from-stored.ts'
import { hideSecrets, hidingSecrets } from '#server/console/secrets.ts'
import type { ConnectionTest } from '#server/contract/connection-test.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import type { Preview, PreviewRequest } from '#server/contract/preview.ts'
import { scrubTexts } from '#server/observe/scrubber.ts'

/** A config of a form, and the connector whose secrets it keeps. */
interface Tried {
  plugin: string
  config: ConnectorConfig
  name?: string
}

/** What a config of a form makes of some records. */
export const previewConfig = (
  cluster: ConnectedCluster,
  { limit, records, ...tried }: Tried & PreviewRequest,
): Promise<Preview> =>
  withSecrets(cluster, tried, (config) =>
    cluster.herder.preview(tried.plugin, { config, limit, ...(records && { records }) }),
  )

/** Whether a config of a form could work, as a worker sees it. */
export const testConfig = (cluster: ConnectedCluster, tried: Tried): Promise<ConnectionTest> =>
  withSecrets(cluster, tried, (config) => cluster.herder.testConnection(tried.plugin, config))

/** Asks with the secrets in place; no text that comes back quotes one (S-06). */
async function withSecrets<Answer>(
  { herder }: ConnectedCluster,
  { config, name }: Tried,
  ask: (config: ConnectorConfig) => Promise<Answer>,
): Promise<Answer> {
  const filled = await fillFromStored(herder, config, name)
  const answer = await hidingSecrets(filled.secrets, () => ask(filled.config))
  return filled.secrets.length === 0 ? answer : scrubTexts(answer, (text) => hideSecrets(text, filled.secrets))
}
