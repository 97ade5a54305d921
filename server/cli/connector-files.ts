import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { ConnectorConfig, TargetState } from '#server/contract/connector.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { parseProperties } from '#server/sdk/java-properties.ts'

/** A connector as a file describes it. */
export interface ConnectorFile {
  /** Where it was read, for messages. */
  file: string
  name: string
  config: ConnectorConfig
  /** What the connector begins with when it is created (KIP-980). */
  initialState?: TargetState
}

const endings = ['.json', '.properties']
const initialStates: Readonly<Record<string, TargetState>> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
}

/**
 * Reads connectors from files and folders: `.properties`; `.json` as `{"name", "config", "initial_state"}`, as a flat map
 * with a name, or as a list of either. A file of one connector that says no name is called after its file.
 *
 * @throws ConnectError BAD_REQUEST, which names the file and what is wrong in it
 */
export async function readConnectorFiles(paths: readonly string[]): Promise<ConnectorFile[]> {
  const files = (await Promise.all(paths.map(filesAt))).flat()
  const read = (await Promise.all(files.map(readOne))).flat()
  for (const { name, file } of read) {
    const twin = read.find((other) => other.name === name && other.file !== file)
    if (twin) throw refused(file, `the connector ${name} also stands in ${twin.file}`)
  }
  return read
}

async function filesAt(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && endings.includes(extname(entry.name)))
      .map((entry) => join(path, entry.name))
      .sort()
  } catch (cause) {
    throw refused(path, messageOf(cause), cause)
  }
}

async function readOne(file: string): Promise<ConnectorFile[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw refused(file, messageOf(cause), cause)
  })
  if (extname(file) === '.properties') return [connectorOf(file, Object.fromEntries(parseProperties(text)))]
  const parsed = parse(file, text)
  const list = Array.isArray(parsed) ? parsed : [parsed]
  return list.map((entry) => connectorOf(file, entry, list.length === 1))
}

function parse(file: string, text: string): unknown {
  try {
    // Numbers and booleans stand for their text, as Kafka Connect's REST API takes them: to the last digit.
    return JSON.parse(text, (_key, value, context?: { source?: string }) =>
      typeof value === 'number' || typeof value === 'boolean' ? (context?.source ?? String(value)) : value,
    )
  } catch (cause) {
    throw refused(file, `it is not JSON: ${messageOf(cause)}`, cause)
  }
}

function connectorOf(file: string, entry: unknown, alone = true): ConnectorFile {
  if (!isMap(entry)) throw refused(file, 'a connector must be an object')
  const wrapped = isMap(entry.config)
  const map = wrapped ? entry.config : entry
  const name = [entry.name, (map as Record<string, unknown>).name, alone ? stem(file) : undefined].find(
    (candidate) => typeof candidate === 'string' && candidate !== '',
  )
  if (typeof name !== 'string') throw refused(file, 'a connector in a list needs a name')
  const config: ConnectorConfig = Object.create(null)
  for (const [key, value] of Object.entries(map as Record<string, unknown>)) {
    if (typeof value !== 'string' && value !== null) {
      throw refused(file, `${key} of ${name} must be a text, a number, true, false or null`)
    }
    config[key] = value
  }
  config.name = name
  const state = wrapped ? entry.initial_state : undefined
  if (state === undefined) return { file, name, config }
  const initialState = typeof state === 'string' ? initialStates[state.toUpperCase()] : undefined
  if (!initialState) throw refused(file, `initial_state of ${name} must be RUNNING, PAUSED or STOPPED`)
  return { file, name, config, initialState }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const stem = (file: string) => basename(file, extname(file))

const refused = (file: string, why: string, cause?: unknown) =>
  new ConnectError('BAD_REQUEST', `${file}: ${why}.`, cause === undefined ? {} : { cause })
