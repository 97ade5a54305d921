import { type TaskId, taskName } from '#server/contract/connector.ts'
import type { StatusRecord, StoredStatus, TopicUse } from '#server/core/status-record.ts'

export interface StatusState {
  connectors: ReadonlyMap<string, StoredStatus>
  /** By task name (`orders-sink-0`). */
  tasks: ReadonlyMap<string, { id: TaskId; status: StoredStatus }>
  /** By connector, then by topic. */
  topics: ReadonlyMap<string, ReadonlyMap<string, TopicUse>>
}

export interface StatusFold {
  readonly state: StatusState
  /** Whether it counts: the late goodbye of an old owner does not. */
  apply(record: StatusRecord): boolean
}

/**
 * The one reducer of the status topic (Kafka: `KafkaStatusBackingStore`): the last word on each key counts, unless it is
 * the late goodbye of an old owner.
 */
export function createStatusFold(): StatusFold {
  const connectors = new Map<string, StoredStatus>()
  const tasks = new Map<string, { id: TaskId; status: StoredStatus }>()
  const topics = new Map<string, Map<string, TopicUse>>()

  function applyTask(id: TaskId, status: StoredStatus | null): boolean {
    const name = taskName(id)
    if (status !== null && isLate(tasks.get(name)?.status, status)) return false
    if (status === null) tasks.delete(name)
    else tasks.set(name, { id, status })
    return true
  }

  function applyConnector(connector: string, status: StoredStatus | null): boolean {
    if (status !== null && isLate(connectors.get(connector), status)) return false
    if (status === null) connectors.delete(connector)
    else connectors.set(connector, status)
    return true
  }

  function applyTopic(connector: string, topic: string, use: TopicUse | null): true {
    const used = topics.get(connector) ?? new Map<string, TopicUse>()
    if (use) used.set(topic, use)
    else used.delete(topic)
    if (used.size > 0) topics.set(connector, used)
    else topics.delete(connector)
    return true
  }

  return {
    state: { connectors, tasks, topics },
    apply(record) {
      if (record.kind === 'task') return applyTask(record.id, record.status)
      if (record.kind === 'connector') return applyConnector(record.connector, record.status)
      return applyTopic(record.connector, record.topic, record.use)
    },
  }
}

/**
 * I8: the goodbye of an old owner may be read after the new owner's first word, and does not hide it. Kafka Connect looks
 * out for it with tasks alone, and drops a worker's goodbye to what it ran itself too, so that it shows RUNNING what was
 * put down.
 */
const isLate = (known: StoredStatus | undefined, next: StoredStatus): boolean =>
  next.state === 'UNASSIGNED' &&
  known?.state === 'RUNNING' &&
  known.workerId !== next.workerId &&
  known.generation >= next.generation

/**
 * I8: whether a FAILED or UNASSIGNED may be written over what is known (Kafka's `putSafe`): not over what another worker
 * said in a later generation.
 */
export function maySafelyPut(known: StoredStatus | undefined, next: { workerId: string; generation: number }): boolean {
  return known === undefined || known.workerId === next.workerId || known.generation <= next.generation
}
