import { type TaskId, taskName } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import { createStatusFold, maySafelyPut, type StatusState } from '#server/core/status-fold.ts'
import {
  decodeStatusRecord,
  encodeStatusRecord,
  type StatusRecord,
  type StoredStatus,
  type TopicUse,
} from '#server/core/status-record.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import { createTopicLog, type OnTopic, type TopicLogOptions } from '#server/runtime/topic-log.ts'

/** Which instance a status is about. */
export type Instance = { connector: string } | { task: TaskId }

/** What every instance is doing, kept in the status topic (Kafka: `KafkaStatusBackingStore`). */
export interface StatusStore extends AsyncDisposable {
  readonly state: StatusState
  start(signal: AbortSignal): Promise<void>
  readToEnd(signal?: AbortSignal): Promise<void>
  /**
   * Returns at once; the write is repeated until it succeeds or something newer is said of the same instance.
   * FAILED and UNASSIGNED are dropped when another worker said something in a later generation, unless `owned` says that
   * the instance is its author's now: generations begin anew when a group was forgotten.
   */
  put(instance: Instance, status: StoredStatus, options?: { owned: boolean }): void
  remove(instance: Instance): void
  putTopic(use: TopicUse): void
  removeTopics(connector: string): Promise<void>
  /** Resolves when nothing waits to be written. */
  flush(): Promise<void>
}

export function createStatusStore(
  options: Omit<TopicLogOptions, 'onRecord' | 'setting' | 'holds'> & {
    /** Hears every status that counts, in the order of the topic; null takes one back. */
    onStatus?(instance: Instance, status: StoredStatus | null): void
    /** Hears that a topic is no longer counted among those that a connector uses (KIP-558). */
    onTopicForgotten?(connector: string, topic: string): void
  },
): StatusStore & OnTopic {
  const { clock, logger } = options
  const fold = createStatusFold()
  const closing = new AbortController()
  /** The newest write of each key that is not yet durable. */
  const latest = new Map<string, StatusRecord>()
  const writing = new Set<Promise<void>>()

  const log = createTopicLog({
    ...options,
    setting: 'status.storage.topic',
    holds: 'connector and task statuses',
    onRecord(record) {
      const decoded = decodeStatusRecord(record)
      if (decoded === 'malformed') {
        logger.error(`Skipped record ${record.offset} of the status topic: the value of ${record.key} cannot be read`)
      } else if (decoded !== 'unknown' && fold.apply(decoded)) tell(decoded)
    },
  })

  function tell(record: StatusRecord): void {
    if (record.kind === 'connector') options.onStatus?.({ connector: record.connector }, record.status)
    else if (record.kind === 'task') options.onStatus?.({ task: record.id }, record.status)
    else if (record.use === null) options.onTopicForgotten?.(record.connector, record.topic)
  }

  const known = (instance: Instance): StoredStatus | undefined =>
    'connector' in instance
      ? fold.state.connectors.get(instance.connector)
      : fold.state.tasks.get(taskName(instance.task))?.status

  const recordOf = (instance: Instance, status: StoredStatus | null): StatusRecord =>
    'connector' in instance
      ? { kind: 'connector', connector: instance.connector, status }
      : { kind: 'task', id: instance.task, status }

  function write(record: StatusRecord): void {
    const work = writeUntilReplaced(record).finally(() => writing.delete(work))
    writing.add(work)
  }

  async function writeUntilReplaced(record: StatusRecord): Promise<void> {
    const { key, value } = encodeStatusRecord(record)
    latest.set(key, record)
    for (let failures = 0; latest.get(key) === record && !closing.signal.aborted; failures++) {
      try {
        await log.append([{ key, value }])
        if (latest.get(key) === record) latest.delete(key)
        return
      } catch (error) {
        logger.warn(`Writing ${key} failed and is tried again: ${messageOf(error)}`, { error })
        await clock.sleep(backOffMs(failures, clock.random()), closing.signal)
      }
    }
  }

  return {
    state: fold.state,
    async check() {
      await log.check()
    },
    start: (signal) => log.start(signal),
    readToEnd: (signal) => log.readToEnd(signal),
    put(instance, status, { owned } = { owned: false }) {
      const careful = status.state === 'FAILED' || status.state === 'UNASSIGNED'
      if (careful && !owned && !maySafelyPut(known(instance), status)) return
      write(recordOf(instance, status))
    },
    remove: (instance) => write(recordOf(instance, null)),
    putTopic: (use) => write({ kind: 'topic', topic: use.topic, connector: use.connector, use }),
    async removeTopics(connector) {
      const used = [...(fold.state.topics.get(connector)?.keys() ?? [])]
      if (used.length === 0) return
      await log.write(used.map((topic) => encodeStatusRecord({ kind: 'topic', topic, connector, use: null })))
    },
    async flush() {
      while (writing.size > 0) await Promise.all(writing)
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await log[Symbol.asyncDispose]()
    },
  }
}
