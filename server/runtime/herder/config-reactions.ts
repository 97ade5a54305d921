import type { ConfigChange, ConfigState } from '#server/core/config-fold.ts'
import type { RestartRequest } from '#server/core/restart-plan.ts'
import { type LogLevels, parseThreshold } from '#server/observe/log-levels.ts'
import type { LogMemory } from '#server/observe/log-memory.ts'
import type { Attempts } from '#server/runtime/events/attempts.ts'
import type { ConnectorLogLevels } from '#server/runtime/herder/connector-log-levels.ts'
import type { InstanceSet } from '#server/runtime/herder/instance-set.ts'
import type { Membership } from '#server/runtime/membership.ts'

/** What this worker does when something in the config topic changed (Kafka: `DistributedHerder.ConfigUpdateListener`). */
export function createConfigReactions(parts: {
  configs: { readonly state: ConfigState }
  membership: Pick<Membership, 'configMoved'>
  connectors: Pick<InstanceSet, 'reconcile'>
  tasks: Pick<InstanceSet, 'reconcile'>
  levels: LogLevels
  memory: LogMemory
  attempts: Pick<Attempts, 'forget'>
  connectorLevels: ConnectorLogLevels
  restartRequested(connector: string, request: RestartRequest): void
}): (change: ConfigChange) => void {
  const { configs, membership, connectors, tasks } = parts
  const shareAnew = () => membership.configMoved(configs.state.offset)

  return (change) => {
    switch (change.change) {
      case 'connector-added':
      case 'drain':
        return shareAnew()
      case 'connector-removed':
        parts.memory.forget(change.connector)
        parts.attempts.forget(change.connector)
        parts.connectorLevels.changed(change.connector)
        connectors.reconcile()
        tasks.reconcile()
        return shareAnew()
      case 'connector-updated':
        return connectors.reconcile()
      case 'tasks-updated':
        // Which worker runs which task stays as it is unless there are more or fewer of them.
        tasks.reconcile()
        return change.recounted ? shareAnew() : undefined
      case 'target-changed':
        connectors.reconcile()
        return tasks.reconcile()
      case 'connector-log-level':
        return parts.connectorLevels.changed(change.connector)
      case 'restart':
        return parts.restartRequested(change.connector, change)
      case 'logger': {
        const threshold = parseThreshold(change.level)
        if (threshold) parts.levels.set(change.logger, threshold)
        return
      }
      case 'session-key': // read from the state when it is needed
      case 'nothing':
        return
    }
  }
}
