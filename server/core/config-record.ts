import {
  type ConnectorConfig,
  type ConnectorLogLevel,
  type TargetState,
  type TaskId,
  targetStates,
} from '#server/contract/connector.ts'
import { readObject, writeExact } from '#server/core/exact-json.ts'
import { parseTaskName } from '#server/core/work.ts'

/** The key that signs requests between workers (KIP-507). */
export interface SessionKey {
  /** Base64. */
  key: string
  algorithm: string
  createdAt: number
}

/**
 * What one record of the config topic says. A null takes back what an earlier record of the same key said; of a key that
 * is never taken back, a null value is as malformed to us as it is to Kafka Connect.
 */
export type ConfigRecord =
  | { kind: 'connector'; connector: string; config: ConnectorConfig | null }
  | { kind: 'task'; id: TaskId; config: ConnectorConfig }
  | { kind: 'commit'; connector: string; tasks: number }
  | { kind: 'target'; connector: string; target: TargetState | null }
  | { kind: 'session-key'; sessionKey: SessionKey }
  | { kind: 'restart'; connector: string; includeTasks: boolean; onlyFailed: boolean }
  | { kind: 'logger'; logger: string; level: string }
  | { kind: 'fencing'; connector: string; tasks: number }
  /** Sluice's own: a worker is to be emptied, since a time in ms since the epoch; null puts it back. */
  | { kind: 'drain'; worker: string; askedAt: number | null }
  | { kind: 'connector-log-level'; connector: string; set: ConnectorLogLevel | null }

/** Key and value as they stand in the topic: UTF-8 text. */
export interface TextRecord {
  key: string
  value: string | null
}

/** The record in the very bytes of Kafka Connect (`KafkaConfigBackingStore`). */
export function encodeConfigRecord(record: ConfigRecord): TextRecord {
  switch (record.kind) {
    case 'connector':
      return { key: `connector-${record.connector}`, value: properties(record.config) }
    case 'task':
      return { key: `task-${record.id.connector}-${record.id.task}`, value: properties(record.config) }
    case 'commit':
      return { key: `commit-${record.connector}`, value: writeExact({ tasks: record.tasks }) }
    case 'target':
      return { key: `target-state-${record.connector}`, value: targetValue(record.target) }
    case 'session-key':
      return { key: 'session-key', value: keyValue(record.sessionKey) }
    case 'restart':
      return {
        key: `restart-connector-${record.connector}`,
        value: writeExact({ 'include-tasks': record.includeTasks, 'only-failed': record.onlyFailed }),
      }
    case 'logger':
      return { key: `logger-cluster-${record.logger}`, value: writeExact({ level: record.level }) }
    case 'fencing':
      return { key: `tasks-fencing-${record.connector}`, value: writeExact({ 'task-count': record.tasks }) }
    case 'drain':
      return { key: `sluice-drain-${record.worker}`, value: drainValue(record.askedAt) }
    case 'connector-log-level':
      return { key: `sluice-log-level-${record.connector}`, value: record.set && writeExact({ ...record.set }) }
  }
}

const properties = (config: ConnectorConfig | null) => (config === null ? null : writeExact({ properties: config }))

/** STOPPED is written as PAUSED for readers from before KIP-875. */
const targetValue = (target: TargetState | null) =>
  target === null ? null : writeExact({ state: target === 'STOPPED' ? 'PAUSED' : target, 'state.v2': target })

const drainValue = (askedAt: number | null) => (askedAt === null ? null : writeExact({ 'asked-at': askedAt }))

const keyValue = ({ key, algorithm, createdAt }: SessionKey) =>
  writeExact({ key, algorithm, 'creation-timestamp': createdAt })

/** A key without its prefix, the value, and what they say; undefined when the value makes no sense. */
type Decode = (rest: string, value: string | null) => ConfigRecord | undefined

/** By prefix, none of which begins with another one. A JVM worker logs our own and skips them. */
const decoders: readonly [prefix: string, decode: Decode][] = [
  ['connector-', decodeConnector],
  ['task-', decodeTask],
  ['commit-', decodeCommit],
  ['target-state-', decodeTarget],
  ['session-key', (rest, value) => (rest === '' ? decodeSessionKey(value) : undefined)],
  ['restart-connector-', decodeRestart],
  ['logger-cluster-', decodeLogger],
  ['tasks-fencing-', decodeFencing],
  ['sluice-drain-', decodeDrain],
  ['sluice-log-level-', decodeConnectorLogLevel],
]

/**
 * Reads a record. `unknown`: a key that is none of ours, to be skipped in silence; `malformed`: one that is, with a
 * value that nobody can read, to be skipped with a word about it.
 */
export function decodeConfigRecord({ key, value }: TextRecord): ConfigRecord | 'unknown' | 'malformed' {
  for (const [prefix, decode] of decoders) {
    if (key.startsWith(prefix)) return decode(key.slice(prefix.length), value) ?? 'malformed'
  }
  return 'unknown'
}

function decodeConnector(connector: string, value: string | null): ConfigRecord | undefined {
  const config = value === null ? null : readProperties(value)
  return config === undefined ? undefined : { kind: 'connector', connector, config }
}

function decodeTask(name: string, value: string | null): ConfigRecord | undefined {
  const id = parseTaskName(name)
  const config = readProperties(value)
  return id && config && { kind: 'task', id, config }
}

function readProperties(value: string | null): ConnectorConfig | undefined {
  const given = readObject(value)?.properties
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
  // S-22: the keys are a person's, so the object has no prototype to reach into.
  const config: ConnectorConfig = Object.create(null)
  for (const [name, property] of Object.entries(given)) {
    if (property !== null && typeof property !== 'string') return undefined
    config[name] = property
  }
  return config
}

function decodeCommit(connector: string, value: string | null): ConfigRecord | undefined {
  const tasks = readCount(value, 'tasks')
  return tasks === undefined ? undefined : { kind: 'commit', connector, tasks }
}

function decodeFencing(connector: string, value: string | null): ConfigRecord | undefined {
  const tasks = readCount(value, 'task-count')
  return tasks === undefined ? undefined : { kind: 'fencing', connector, tasks }
}

function readCount(value: string | null, field: string): number | undefined {
  const count = readObject(value)?.[field]
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

function decodeTarget(connector: string, value: string | null): ConfigRecord | undefined {
  if (value === null) return { kind: 'target', connector, target: null }
  const { state, 'state.v2': newer } = readObject(value) ?? {}
  // A worker from before KIP-875 writes `state` alone.
  const named = typeof newer === 'string' ? newer : state
  const target = targetStates.find((known) => known === named)
  return target && { kind: 'target', connector, target }
}

function decodeSessionKey(value: string | null): ConfigRecord | undefined {
  const { key, algorithm, 'creation-timestamp': createdAt } = readObject(value) ?? {}
  return typeof key === 'string' && typeof algorithm === 'string' && typeof createdAt === 'number'
    ? { kind: 'session-key', sessionKey: { key, algorithm, createdAt } }
    : undefined
}

function decodeRestart(connector: string, value: string | null): ConfigRecord | undefined {
  const request = readObject(value)
  if (!request) return undefined
  // Absent flags count as false (Kafka: `RestartRequest` read by `recordToRestartRequest`).
  const includeTasks = request['include-tasks'] === true
  return { kind: 'restart', connector, includeTasks, onlyFailed: request['only-failed'] === true }
}

function decodeLogger(logger: string, value: string | null): ConfigRecord | undefined {
  const level = readObject(value)?.level
  return typeof level === 'string' ? { kind: 'logger', logger, level } : undefined
}

function decodeDrain(worker: string, value: string | null): ConfigRecord | undefined {
  if (value === null) return { kind: 'drain', worker, askedAt: null }
  const askedAt = readCount(value, 'asked-at')
  return askedAt === undefined ? undefined : { kind: 'drain', worker, askedAt }
}

function decodeConnectorLogLevel(connector: string, value: string | null): ConfigRecord | undefined {
  if (value === null) return { kind: 'connector-log-level', connector, set: null }
  const { level, until } = readObject(value) ?? {}
  return typeof level === 'string' && typeof until === 'number'
    ? { kind: 'connector-log-level', connector, set: { level, until } }
    : undefined
}
