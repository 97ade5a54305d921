import { orNull } from '#server/console/or-null.ts'
import { type Filled, fillSecrets, keepsSecrets } from '#server/console/secrets.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import type { Herder } from '#server/contract/herder.ts'

/** A config of a form with the secrets that it keeps: those of the connector `name`, where there is one. */
export async function fillFromStored(
  herder: Pick<Herder, 'config'>,
  config: ConnectorConfig,
  name: string | undefined,
): Promise<Filled> {
  const stored = name && keepsSecrets(config) ? await orNull(herder.config(name), 'CONNECTOR_NOT_FOUND') : null
  return fillSecrets(config, stored ?? {})
}
