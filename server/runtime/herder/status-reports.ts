import type { Clock } from '#server/contract/clock.ts'
import { type InstanceState, type TaskId, taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { StoredStatus } from '#server/core/status-record.ts'
import type { Instance, StatusStore } from '#server/runtime/status-store.ts'

/** What this worker says about its own instances, stamped with who and when (Kafka: `AbstractHerder.on…`). */
export interface StatusReports {
  say(
    instance: Instance,
    state: InstanceState,
    options?: { version?: string | undefined; trace?: string | undefined },
  ): void
  /** On behalf of a worker that is gone. */
  sayFor(
    author: { workerId: string; generation: number },
    instance: Instance,
    state: InstanceState,
    version: string | null,
  ): void
  forget(instance: Instance): void
  usesTopic(id: TaskId, topic: string): void
}

export function createStatusReports(options: {
  statuses: StatusStore
  workerId(): string
  generation(): number
  /** Whether the instance is this worker's now. */
  holds(instance: Instance): boolean
  topicTracking: boolean
  clock: Pick<Clock, 'now'>
  logger: Logger
}): StatusReports {
  const { statuses, logger } = options

  /** Who reads a connector's log sees when it ran; failures are logged where their reason is known. */
  function log(instance: Instance, state: InstanceState): void {
    if (state === 'FAILED') return
    if ('connector' in instance) logger.info(`Connector ${instance.connector} is ${state}`, instance)
    else logger.info(`Task ${taskName(instance.task)} is ${state}`, instance.task)
  }

  const put = (
    instance: Instance,
    status: Omit<StoredStatus, 'trace'> & { trace?: string | undefined },
    owned: boolean,
  ) => statuses.put(instance, { ...status, trace: status.trace ?? null }, { owned })
  return {
    say(instance, state, { version, trace } = {}) {
      log(instance, state)
      const author = { workerId: options.workerId(), generation: options.generation() }
      // Its goodbye stays careful: by then another worker may have taken over.
      put(
        instance,
        { state, trace, version: version ?? null, ...author },
        state === 'FAILED' && options.holds(instance),
      )
    },
    sayFor: (author, instance, state, version) => put(instance, { ...author, state, version }, false),
    forget: (instance) => statuses.remove(instance),
    usesTopic({ connector, task }, topic) {
      if (!options.topicTracking || statuses.state.topics.get(connector)?.has(topic)) return
      statuses.putTopic({ topic, connector, task, discoveredAt: options.clock.now() })
    },
  }
}
