import type { ConnectorConfig } from '#server/contract/connector.ts'

/**
 * What a connector says under a key that a worker may have, too, else what the worker says, in lower case. What does not
 * have the form is passed over: it is the worker's validation that tells of it.
 */
export const connectorOrWorker = (
  key: string,
  form: RegExp,
  config: ConnectorConfig,
  worker: Readonly<Record<string, string>>,
): string | undefined =>
  [config[key], worker[key]].map((text) => text?.trim().toLowerCase() ?? '').find((text) => form.test(text))
