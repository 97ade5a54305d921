import { partitionKey } from '#server/runtime/task/sink-offsets.ts'
import type { TopicPartition } from '#server/sdk/records.ts'
import type { SinkTaskContext } from '#server/sdk/sink-task.ts'

/** What a sink task asked for through its context. The runner carries it out between two deliveries, as Kafka Connect does. */
export interface SinkRequests {
  /** What the task is handed. */
  readonly context: Pick<SinkTaskContext, 'pause' | 'resume' | 'seek' | 'timeout' | 'requestCommit'>
  /** Whether the task wants no records of this partition now. */
  isPaused(partition: TopicPartition): boolean
  /** Pauses of other partitions are over (Kafka: `pausedPartitions().retainAll`). */
  keepPauses(assigned: readonly TopicPartition[]): void
  /** Each is answered once. */
  takeSeeks(): { partition: TopicPartition; offset: number }[]
  takeTimeout(): number | undefined
  takeCommit(): boolean
}

/** `onRequest` is called after each, so that a waiting poll need not wait on. */
export function createSinkRequests(onRequest: () => void): SinkRequests {
  const paused = new Set<string>()
  const seeks = new Map<string, { partition: TopicPartition; offset: number }>()
  let timeoutMs: number | undefined
  let commitAsked = false

  return {
    context: {
      pause(partitions) {
        for (const partition of partitions) paused.add(partitionKey(partition))
        onRequest()
      },
      resume(partitions) {
        for (const partition of partitions) paused.delete(partitionKey(partition))
        onRequest()
      },
      seek(partition, offset) {
        seeks.set(partitionKey(partition), { partition, offset })
        onRequest()
      },
      timeout(ms) {
        timeoutMs = ms
      },
      requestCommit() {
        commitAsked = true
        onRequest()
      },
    },
    isPaused: (partition) => paused.has(partitionKey(partition)),
    keepPauses(assigned) {
      const kept = new Set(assigned.map(partitionKey))
      for (const partition of paused) if (!kept.has(partition)) paused.delete(partition)
    },
    takeSeeks() {
      const taken = [...seeks.values()]
      seeks.clear()
      return taken
    },
    takeTimeout() {
      const taken = timeoutMs
      timeoutMs = undefined
      return taken
    },
    takeCommit() {
      const taken = commitAsked
      commitAsked = false
      return taken
    },
  }
}
