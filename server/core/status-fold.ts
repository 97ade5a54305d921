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
  apply(record: StatusRecord): void
}

/**
 * The one reducer of the status topic (Kafka: `KafkaStatusBackingStore`): the last word on each key counts, unless it is
 * the late goodbye of an old owner.
 */
export function createStatusFold(): StatusFold {
  const connectors = new Map<string, StoredStatus>()
  const tasks = new Map<string, { id: TaskId; status: StoredStatus }>()
  const topics = new Map<string, Map<string, TopicUse>>()

  function applyTask(id: TaskId, status: StoredStatus | null): void {
    const name = taskName(id)
    if (status === null) {
      tasks.delete(name)
      return
    }
    if (!isLate(tasks.get(name)?.status, status)) tasks.set(name, { id, status })
  }

  function applyConnector(connector: string, status: StoredStatus | null): void {
    if (status === null) connectors.delete(connector)
    else if (!isLate(connectors.get(connector), status)) connectors.set(connector, status)
  }

  function applyTopic(connector: string, topic: string, use: TopicUse | null): void {
    const used = topics.get(connector) ?? new Map<string, TopicUse>()
    if (use) used.set(topic, use)
    else used.delete(topic)
    if (used.size > 0) topics.set(connector, used)
    else topics.delete(connector)
  }

  return {
    state: { connectors, tasks, topics },
    apply(record) {
      if (record.kind === 'task') applyTask(record.id, record.status)
      else if (record.kind === 'connector') applyConnector(record.connector, record.status)
      else applyTopic(record.connector, record.topic, record.use)
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
