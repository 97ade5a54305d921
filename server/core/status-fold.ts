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

/** The one reducer of the status topic (Kafka: `KafkaStatusBackingStore`): the last word on each key counts. */
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
    const known = tasks.get(name)?.status
    // The goodbye of an old owner may be read after the new owner's first word.
    const late = status.state === 'UNASSIGNED' && known?.state === 'RUNNING' && known.generation >= status.generation
    if (!late || known?.workerId === status.workerId) tasks.set(name, { id, status })
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
      else if (record.kind === 'topic') applyTopic(record.connector, record.topic, record.use)
      else if (record.status) connectors.set(record.connector, record.status)
      else connectors.delete(record.connector)
    },
  }
}

/**
 * Whether a FAILED or UNASSIGNED may be written over what is known (Kafka's `putSafe`).
 *
 * I8: an old owner's last words never hide what the new owner said.
 */
export function maySafelyPut(known: StoredStatus | undefined, next: { workerId: string; generation: number }): boolean {
  return known === undefined || known.workerId === next.workerId || known.generation <= next.generation
}
