import type { ConnectorConfig, TargetState } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { kafkaLimits, parseJson } from '#server/rest/json-text.ts'
import { readConfig, readCreateRequest } from '#server/rest/request-bodies.ts'
import { parseProperties } from '#server/sdk/java-properties.ts'

/** A connector as a file describes it. */
export interface ConnectorFile {
  name: string
  config: ConnectorConfig
  initialState?: TargetState
}

/**
 * Reads a connector's file as Kafka Connect's standalone mode does: JSON as a flat map, JSON as `POST /connectors` takes it
 * (with `initial_state`, and whatever else ignored), or properties. Throws BAD_REQUEST for one without a name.
 */
export function parseConnectorFile(text: string): ConnectorFile {
  const json = jsonIn(text)
  if (json === undefined) return named(Object.fromEntries(parseProperties(text)))
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConnectError('BAD_REQUEST', 'a JSON file has to hold an object')
  }
  if (!('config' in json) || typeof json.config !== 'object') return named(readConfig(bodyOf(json)))
  const { name, config, initial_state } = json as Record<string, unknown>
  const request = readCreateRequest(bodyOf({ name: name ?? nameIn(config), config, initial_state }))
  return { ...request, ...named(request.config) }
}

const nameIn = (config: unknown): unknown => (config as { name?: unknown } | null)?.name

/** Undefined for text that is not JSON, which is then taken for properties. */
function jsonIn(text: string): unknown {
  try {
    return parseJson(text, 'text', kafkaLimits)
  } catch (error) {
    if (text.trimStart().startsWith('{')) throw error
    return undefined
  }
}

const bodyOf = (json: object) => ({ bytes: Buffer.from(JSON.stringify(json)), limits: kafkaLimits })

function named(config: ConnectorConfig): ConnectorFile {
  const name = config.name?.trim()
  if (!name) throw new ConnectError('BAD_REQUEST', 'the connector has no name')
  return { name, config: { ...config, name } }
}
