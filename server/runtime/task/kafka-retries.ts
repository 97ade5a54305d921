import { messageOf } from '#server/contract/errors.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'
import type { RareWarnings } from '#server/runtime/task/rare-warnings.ts'
import type { TaskProgress } from '#server/runtime/task/task-progress.ts'

/** What a healthy cluster answers now and then, and no more a moment later. */
const inPassing: ReadonlySet<KafkaErrorName> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  'CONCURRENT_TRANSACTIONS',
])
const passesWithin = 3

/**
 * Hears of everything that the clients of a task try again, once a failure and never a record: it is why the task does not get
 * on, and stands in its log at the first time and then rarely.
 */
export function createKafkaRetries(
  progress: Pick<TaskProgress, 'hindered'>,
  warn: RareWarnings,
): KafkaClient['retrying'] {
  return (what, why, failures) => {
    const message = `${what} fails and is tried again: ${messageOf(why)}`
    progress.hindered(message)
    const name = why instanceof KafkaError ? why.errorName : undefined
    if (name && inPassing.has(name) && failures < passesWithin) return
    warn(name ?? why.name, `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`, why)
  }
}
