import type { ConnectorConfig, OffsetChange, TargetState } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { javaTrim } from '#server/contract/java-trim.ts'
import { parseThreshold, thresholds } from '#server/observe/log-levels.ts'
import { type JsonLimits, parseJson } from '#server/rest/json-text.ts'

/**
 * The bodies of the API, parsed where they enter. What Kafka Connect's JSON mapper refuses is a 500 here too; scalars in
 * a config map become strings, nulls stay.
 */
export interface RequestBody {
  bytes: Uint8Array
  limits: JsonLimits
}

export interface CreateRequest {
  name: string
  config: ConnectorConfig
  initialState?: TargetState
}

const initialStates: Record<string, TargetState> = { RUNNING: 'STARTED', PAUSED: 'PAUSED', STOPPED: 'STOPPED' }

export function readCreateRequest(body: RequestBody): CreateRequest {
  const json = objectIn(parseText(body), 'a connector')
  onlyKnown(json, ['name', 'config', 'initial_state'])
  const config = configIn(json.config, 'config')
  const name = javaTrim(scalarText(json.name ?? '', 'name'))
  return { name, config: namedConfig(name, config, body.limits), ...initialStateIn(json.initial_state) }
}

export const readConfig = (body: RequestBody): ConnectorConfig => configIn(parseText(body), 'the body')

/** The body of a PUT: the name of the path is added, and has to agree with one that is there. */
export const readNamedConfig = (body: RequestBody, name: string): ConnectorConfig =>
  namedConfig(name, readConfig(body), body.limits)

/** What Kafka's JSON mapper accepts for task configs, which includes null for the list and for each of its items. */
export function checkTaskConfigs(body: RequestBody): void {
  const json = parseText(body)
  const items = json === null ? [] : json
  if (!Array.isArray(items)) throw bad('the body has to be a list of configs')
  for (const item of items) if (item !== null) configIn(item, 'a task config')
}

export function readTaskConfigs(body: RequestBody): ConnectorConfig[] {
  const json = parseText(body)
  if (!Array.isArray(json)) throw bad('the body has to be a list of configs')
  return json.map((item) => configIn(item, 'a task config'))
}

export function readOffsets(body: RequestBody): OffsetChange[] {
  const json = objectIn(parseJson(textOf(body), 'exact', body.limits), 'offsets')
  onlyKnown(json, ['offsets'])
  const list = json.offsets ?? []
  if (!Array.isArray(list)) throw bad("'offsets' has to be a list")
  if (list.length === 0) {
    throw new ConnectError('BAD_REQUEST', 'Partitions / offsets need to be provided for an alter offsets request')
  }
  return list.map((item) => {
    const entry = objectIn(item, 'an offset')
    onlyKnown(entry, ['partition', 'offset'])
    return {
      partition: objectOrNull(entry.partition, 'a partition'),
      offset: objectOrNull(entry.offset, 'an offset'),
    }
  })
}

/** The `level` of a logger change, as it was written; undefined when it is missing. */
const mostLogSeconds = 86_400

/** `{"level": "DEBUG", "for_seconds": 600}`: what is to be logged of a connector, for a day at most. */
export function readConnectorLogLevel(body: RequestBody): { level: string; forSeconds: number } {
  const json = objectIn(parseJson(textOf(body), 'exact', body.limits), 'a log level')
  onlyKnown(json, ['level', 'for_seconds'])
  const level = typeof json.level === 'string' ? parseThreshold(json.level) : undefined
  if (level === undefined) {
    throw new ConnectError('BAD_REQUEST', `'level' has to be one of ${thresholds.join(', ')}.`)
  }
  const given = json.for_seconds
  const forSeconds = typeof given === 'number' || typeof given === 'bigint' ? Number(given) : Number.NaN
  if (Number.isInteger(forSeconds) && forSeconds > 0 && forSeconds <= mostLogSeconds) return { level, forSeconds }
  throw new ConnectError('BAD_REQUEST', `'for_seconds' has to be a whole number from 1 to ${mostLogSeconds}.`)
}

export function readLevel(body: RequestBody): string | undefined {
  const json = configIn(parseText(body), 'the body')
  return json.level ?? undefined
}

function namedConfig(name: string, config: ConnectorConfig, { nameLength }: JsonLimits): ConnectorConfig {
  if (name.length > nameLength) {
    throw new ConnectError('BAD_REQUEST', `The name of a connector may have at most ${nameLength} characters.`)
  }
  const given = config.name
  if (given === undefined || given === null) {
    config.name = name
  } else if (given !== name) {
    throw new ConnectError(
      'BAD_REQUEST',
      `Connector name configuration (${given}) doesn't match connector name in the URL (${name})`,
    )
  }
  return config
}

function initialStateIn(value: unknown): { initialState?: TargetState } {
  if (value === undefined || value === null) return {}
  const text = scalarText(value, 'initial_state')
  const initialState = Object.hasOwn(initialStates, text.toUpperCase()) ? initialStates[text.toUpperCase()] : undefined
  if (initialState === undefined) throw bad(`'${text}' is not an initial state; use RUNNING, PAUSED or STOPPED`)
  return { initialState }
}

export function configIn(value: unknown, what: string): ConnectorConfig {
  const config: ConnectorConfig = Object.create(null)
  for (const [key, item] of Object.entries(objectIn(value, what))) {
    config[key] = item === null ? null : scalarText(item, key)
  }
  return config
}

export function objectIn(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(
      `${what} has to be a JSON object, not ${value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value}`,
    )
  }
  return value as Record<string, unknown>
}

const objectOrNull = (value: unknown, what: string) =>
  value === undefined || value === null ? null : objectIn(value, what)

function scalarText(value: unknown, key: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  throw bad(`the value of '${key}' has to be a string`)
}

export function onlyKnown(json: Record<string, unknown>, known: readonly string[]): void {
  const stranger = Object.keys(json).find((key) => !known.includes(key))
  if (stranger === undefined) return
  const properties = known.map((key) => `"${key}"`).join(', ')
  throw bad(`Unrecognized field "${stranger}", not marked as ignorable (known properties: ${properties})`)
}

export const parseText = (body: RequestBody): unknown => parseJson(textOf(body), 'text', body.limits)

function textOf({ bytes }: RequestBody): string {
  if (bytes.byteLength === 0) throw bad('the request has no body')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ConnectError('BODY_INVALID', 'The body is not UTF-8 text', { cause })
  }
}

const bad = (message: string) => new ConnectError('BODY_INVALID', message)
