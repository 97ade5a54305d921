import { createStatusFold } from '#server/core/status-fold.ts'
import type { StatusStore } from '#server/runtime/status-store.ts'

/** The statuses of a standalone worker, for as long as it runs (Kafka: `MemoryStatusBackingStore`). */
export function createStatusMemory(onTopicForgotten: (connector: string, topic: string) => void): StatusStore {
  const fold = createStatusFold()
  return {
    state: fold.state,
    start: async () => undefined,
    readToEnd: async () => undefined,
    put: (instance, status) =>
      fold.apply(
        'connector' in instance
          ? { kind: 'connector', connector: instance.connector, status }
          : { kind: 'task', id: instance.task, status },
      ),
    remove: (instance) =>
      fold.apply(
        'connector' in instance
          ? { kind: 'connector', connector: instance.connector, status: null }
          : { kind: 'task', id: instance.task, status: null },
      ),
    putTopic: (use) => fold.apply({ kind: 'topic', topic: use.topic, connector: use.connector, use }),
    async removeTopics(connector) {
      for (const topic of [...(fold.state.topics.get(connector)?.keys() ?? [])]) {
        fold.apply({ kind: 'topic', topic, connector, use: null })
        onTopicForgotten(connector, topic)
      }
    },
    flush: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
