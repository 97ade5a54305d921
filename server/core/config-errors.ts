import type { ConfigInfos } from '#server/contract/connector.ts'
import type { Problem } from '#server/contract/errors.ts'

/** The message of the 400 that create and update answer for an invalid config; undefined for a valid one. */
export function connectorConfigErrors(infos: ConfigInfos): string | undefined {
  const errors = infos.configs.flatMap((info) => info.value.errors)
  if (errors.length === 0) return undefined
  return [
    `Connector configuration is invalid and contains the following ${errors.length} error(s):`,
    ...errors,
    'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
  ].join('\n')
}

/** The same errors, each with its key, for clients that can use them. */
export const connectorProblems = (infos: ConfigInfos): Problem[] =>
  infos.configs.flatMap(({ value }) => value.errors.map((message) => ({ field: value.name, message })))
