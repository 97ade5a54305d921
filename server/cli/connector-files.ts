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

/** One thing that has to be mended in a file. */
export interface FileProblem {
  /** The key that it is about, where it is one. */
  field?: string
  message: string
}

/** One connector of a file, or a file of which none can be read. */
export interface FileEntry {
  file: string
  /** Absent where nobody can tell which connector it is. */
  name?: string
  problems: readonly FileProblem[]
  /** Null where there are problems. */
  connector: ConnectorFile | null
}

const endings = ['.json', '.properties']
const initialStates: Readonly<Record<string, TargetState>> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
}

/**
 * Reads connectors from files and folders: `.properties`; `.json` as `{"name", "config", "initial_state"}`, as a flat map
 * with a name, or as a list of either. A file of one connector that says no name is called after its file. Never throws
 * for what is wrong with a file: that stands among the entries, so that a person hears of all of it at once.
 */
export async function readConnectorFiles(paths: readonly string[]): Promise<FileEntry[]> {
  const read = (await Promise.all(paths.map(readPath))).flat()
  return read.map((entry, index) => {
    const twin = read.find((other, at) => at !== index && other.name !== undefined && other.name === entry.name)
    if (!twin) return entry
    const where = twin.file === entry.file ? 'the connector stands in it twice' : `it also stands in ${twin.file}`
    return { ...entry, problems: [...entry.problems, { field: 'name', message: where }], connector: null }
  })
}

async function readPath(path: string): Promise<FileEntry[]> {
  try {
    if (!(await stat(path)).isDirectory()) return await readOne(path)
    const files = (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry.isFile() && endings.includes(extname(entry.name)))
      .map((entry) => join(path, entry.name))
      .sort()
    return (await Promise.all(files.map(readOne))).flat()
  } catch (error) {
    return [unreadable(path, messageOf(error))]
  }
}

async function readOne(file: string): Promise<FileEntry[]> {
  try {
    const text = await readFile(file, 'utf8')
    if (extname(file) === '.properties') return [entryOf(file, Object.fromEntries(parseProperties(text)))]
    const parsed = parseJson(text)
    const list = Array.isArray(parsed) ? parsed : [parsed]
    return list.map((entry) => entryOf(file, entry, list.length === 1))
  } catch (error) {
    return [unreadable(file, messageOf(error))]
  }
}

function parseJson(text: string): unknown {
  try {
    // Numbers and booleans stand for their text, as Kafka Connect's REST API takes them: to the last digit.
    return JSON.parse(text, (_key, value, context?: { source?: string }) =>
      typeof value === 'number' || typeof value === 'boolean' ? (context?.source ?? String(value)) : value,
    )
  } catch (cause) {
    throw new ConnectError('BAD_REQUEST', `it is not JSON: ${messageOf(cause)}`, { cause })
  }
}

function entryOf(file: string, entry: unknown, alone = true): FileEntry {
  if (!isMap(entry)) return unreadable(file, 'a connector must be an object')
  const wrapped = isMap(entry.config) ? entry.config : undefined
  const map = wrapped ?? entry
  const name = [entry.name, map.name, alone ? stem(file) : undefined].find(
    (candidate) => typeof candidate === 'string' && candidate !== '',
  )
  if (typeof name !== 'string') return unreadable(file, 'a connector in a list needs a name')
  const state = wrapped ? entry.initial_state : undefined
  const initialState = typeof state === 'string' ? initialStates[state.toUpperCase()] : undefined
  const problems = [
    ...configProblems(entry, map),
    ...(state === undefined || initialState
      ? []
      : [{ field: 'initial_state', message: 'must be RUNNING, PAUSED or STOPPED' }]),
  ]
  if (problems.length > 0) return { file, name, problems, connector: null }
  const config: ConnectorConfig = Object.assign(Object.create(null), map, { name })
  return { file, name, problems, connector: { file, name, config, ...(initialState && { initialState }) } }
}

/** `map` is the config, beside the name or below `config`. */
function configProblems(entry: Record<string, unknown>, map: Record<string, unknown>): FileProblem[] {
  const plugin = map['connector.class']
  if (map === entry && !plugin) {
    if (Object.hasOwn(entry, 'config')) return [{ field: 'config', message: 'must be an object of settings' }]
    const says = Object.keys(entry).filter((key) => key !== 'name' && key !== 'initial_state')
    if (says.length === 0) return [{ field: 'config', message: 'is missing' }]
  }
  const values = Object.entries(map).filter(([, value]) => typeof value !== 'string' && value !== null)
  return [
    ...(plugin ? [] : [{ field: 'connector.class', message: 'is missing' }]),
    ...values.map(([field]) => ({ field, message: 'must be a text, a number, true, false or null' })),
  ]
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const stem = (file: string) => basename(file, extname(file))

const unreadable = (file: string, message: string): FileEntry => ({ file, problems: [{ message }], connector: null })
