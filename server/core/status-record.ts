import { type InstanceState, instanceStates, type TaskId, taskName } from '#server/contract/connector.ts'
import type { TextRecord } from '#server/core/config-record.ts'
import { readObject, writeExact } from '#server/core/exact-json.ts'
import { parseTaskName } from '#server/core/work.ts'

/** A status as the status topic keeps it. */
export interface StoredStatus {
  state: InstanceState
  trace: string | null
  workerId: string
  /** The group generation of whoever wrote it; what tells an old owner's words from a new one's. */
  generation: number
  version: string | null
}

/** That a connector used a topic (KIP-558). */
export interface TopicUse {
  topic: string
  connector: string
  task: number
  discoveredAt: number
}

export type StatusRecord =
  | { kind: 'connector'; connector: string; status: StoredStatus | null }
  | { kind: 'task'; id: TaskId; status: StoredStatus | null }
  | { kind: 'topic'; topic: string; connector: string; use: TopicUse | null }

const connectorPrefix = 'status-connector-'
const taskPrefix = 'status-task-'
const topicPrefix = 'status-topic-'
const topicSeparator = ':connector-'

/** The record in the very bytes of Kafka Connect (`KafkaStatusBackingStore`). */
export function encodeStatusRecord(record: StatusRecord): TextRecord {
  switch (record.kind) {
    case 'connector':
      return { key: connectorPrefix + record.connector, value: statusValue(record.status) }
    case 'task':
      return { key: taskPrefix + taskName(record.id), value: statusValue(record.status) }
    case 'topic':
      return { key: topicPrefix + record.topic + topicSeparator + record.connector, value: topicValue(record.use) }
  }
}

const statusValue = (status: StoredStatus | null) =>
  status === null
    ? null
    : writeExact({
        state: status.state,
        trace: status.trace,
        worker_id: status.workerId,
        generation: status.generation,
        version: status.version,
      })

const topicValue = (use: TopicUse | null) =>
  use === null
    ? null
    : writeExact({
        topic: {
          name: use.topic,
          connector: use.connector,
          task: use.task,
          discoverTimestamp: use.discoveredAt,
        },
      })

/** `unknown`: none of ours; `malformed`: one of ours that cannot be read. Both are skipped, the second with a word. */
export function decodeStatusRecord({ key, value }: TextRecord): StatusRecord | 'unknown' | 'malformed' {
  if (key.startsWith(connectorPrefix)) {
    const status = readStatus(value)
    return status === undefined
      ? 'malformed'
      : { kind: 'connector', connector: key.slice(connectorPrefix.length), status }
  }
  if (key.startsWith(taskPrefix)) {
    const id = parseTaskName(key.slice(taskPrefix.length))
    const status = readStatus(value)
    return !id || status === undefined ? 'malformed' : { kind: 'task', id, status }
  }
  if (key.startsWith(topicPrefix)) return decodeTopic(key.slice(topicPrefix.length), value)
  return 'unknown'
}

function readStatus(value: string | null): StoredStatus | null | undefined {
  if (value === null) return null
  const { state, trace = null, worker_id: workerId, generation, version = null } = readObject(value) ?? {}
  const known = instanceStates.find((name) => name === state)
  if (!known || typeof workerId !== 'string' || typeof generation !== 'number') return undefined
  return {
    state: known,
    trace: typeof trace === 'string' ? trace : null,
    workerId,
    generation,
    version: typeof version === 'string' ? version : null,
  }
}

/** A topic name has no colon, so the first one ends it. */
function decodeTopic(rest: string, value: string | null): StatusRecord | 'malformed' {
  const end = rest.indexOf(topicSeparator)
  if (end <= 0) return 'malformed'
  const topic = rest.slice(0, end)
  const connector = rest.slice(end + topicSeparator.length)
  if (value === null) return { kind: 'topic', topic, connector, use: null }
  const given = readObject(value)?.topic
  if (typeof given !== 'object' || given === null) return 'malformed'
  const { task, discoverTimestamp } = given as { task?: unknown; discoverTimestamp?: unknown }
  if (typeof task !== 'number' || typeof discoverTimestamp !== 'number') return 'malformed'
  return { kind: 'topic', topic, connector, use: { topic, connector, task, discoveredAt: discoverTimestamp } }
}
