import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Admin } from '#server/kafka/admin.ts'
import type { LogLevels } from '#server/observe/log-levels.ts'
import type { LogMemory } from '#server/observe/log-memory.ts'
import type { ConfigStore } from '#server/runtime/config-store.ts'
import type { Attempts } from '#server/runtime/events/attempts.ts'
import type { EventLog } from '#server/runtime/events/event-log.ts'
import type { GroupAssignment } from '#server/runtime/group-assignment.ts'
import type { InstanceSet } from '#server/runtime/herder/instance-set.ts'
import type { Recoveries } from '#server/runtime/herder/recovery.ts'
import type { StallWatch } from '#server/runtime/herder/stall-watch.ts'
import type { TasklessWatch } from '#server/runtime/herder/taskless-watch.ts'
import type { Membership } from '#server/runtime/membership.ts'
import type { WorkerMetrics } from '#server/runtime/metrics/worker-metrics.ts'
import type { OffsetStore } from '#server/runtime/offset-store.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import type { RebalanceHistory } from '#server/runtime/rebalance-history.ts'
import type { Stages } from '#server/runtime/stages.ts'
import type { StatusStore } from '#server/runtime/status-store.ts'
import type { SharedConfig } from '#server/runtime/worker-config.ts'

/** Everything a running worker consists of; each part of the herder takes what it needs from it. */
export interface HerderContext {
  config: SharedConfig
  /** The address by which other workers reach this one. */
  url: string
  admin: Admin
  configs: ConfigStore
  statuses: StatusStore
  offsets: OffsetStore
  host: PluginHost
  membership: Pick<Membership, 'settled'>
  assignment: Pick<GroupAssignment, 'members'>
  rebalances: Pick<RebalanceHistory, 'latest' | 'underWay'>
  connectors: InstanceSet
  tasks: InstanceSet
  recoveries: Recoveries
  stalls: StallWatch['current']
  taskless: TasklessWatch['current']
  throughput: WorkerMetrics['throughput']
  levels: LogLevels
  memory: LogMemory
  events: EventLog
  attempts: Attempts
  stages: Stages
  clock: Clock
  logger: Logger
  clusterId(): Promise<string>
}
