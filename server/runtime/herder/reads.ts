import type { Rebalance } from '#server/contract/assignments.ts'
import type {
  ClusterView,
  ConnectorConfig,
  ConnectorInfo,
  ConnectorStatus,
  InstanceStatus,
  PluginType,
  TaskId,
  TaskStatus,
} from '#server/contract/connector.ts'
import { taskName } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { describeCauses } from '#server/contract/rebalance-words.ts'
import { workersFromStatuses } from '#server/core/cluster-from-statuses.ts'
import { type ConfiguredConnector, isConfigured, taskIds } from '#server/core/config-fold.ts'
import { drainsOf } from '#server/core/drain.ts'
import { fitsVersion, newestFirst, pluginsNamed } from '#server/core/plugin-lookup.ts'
import { restartPolicyOf } from '#server/core/restart-policy.ts'
import { stallIntervalOf } from '#server/core/stall.ts'
import type { StoredStatus } from '#server/core/status-record.ts'
import { workerIdOf } from '#server/core/worker-id.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import { drainsAsLed } from '#server/runtime/herder/drains.ts'
import { elsewhere } from '#server/runtime/herder/leadership.ts'
import { connectorTypeOf } from '#server/runtime/herder/plugins.ts'
import type { GroupView } from '#server/runtime/membership.ts'
import { within } from '#server/runtime/within.ts'

export type Reads = Pick<
  Herder,
  | 'list'
  | 'listExpanded'
  | 'info'
  | 'config'
  | 'status'
  | 'tasks'
  | 'taskStatus'
  | 'activeTopics'
  | 'plugins'
  | 'pluginConfig'
  | 'loggers'
  | 'logs'
  | 'events'
  | 'followEvents'
  | 'recoveries'
  | 'stalls'
  | 'taskless'
  | 'throughput'
  | 'policies'
  | 'connectorLogLevel'
  | 'pluginPackages'
  | 'catalog'
  | 'recordPlugins'
  | 'cluster'
>

/** The order in which Kafka Connect lists kinds of plugins. */
const listedTypes: readonly PluginType[] = [
  'sink',
  'source',
  'transformation',
  'predicate',
  'converter',
  'header_converter',
]

/** The longest that a question about what is not there waits for the end of the config topic, while Kafka is away. */
const lookMs = 1_000

/** What any worker answers from what it has read. */
export function createReads(context: HerderContext): Reads {
  const { configs, statuses, host, membership, clock } = context

  /** What is not known here may have been answered elsewhere a moment ago, so nothing is missing before it was looked for. */
  async function known(connector: string): Promise<ConfiguredConnector> {
    if (!configs.state.connectors.has(connector))
      await within(
        clock,
        lookMs,
        configs.readToEnd().catch(() => undefined),
      )
    const found = configs.state.connectors.get(connector)
    if (found) return found
    throw new ConnectError('CONNECTOR_NOT_FOUND', `Connector ${connector} not found`)
  }

  return {
    list: async () => [...configs.state.connectors.keys()],
    listExpanded: async () =>
      [...configs.state.connectors].map(([name, found]) => ({
        name,
        info: infoOf(context, name, found),
        status: statuses.state.connectors.has(name) ? statusOf(context, name) : null,
      })),
    info: async (connector) => infoOf(context, connector, await known(connector)),
    config: async (connector) => copyOf((await known(connector)).config),
    status: async (connector) => statusOf(context, connector),
    async tasks(connector) {
      const { tasks = [] } = await known(connector)
      return tasks.map((config, task) => ({ id: { connector, task }, config: copyOf(config) }))
    },
    async taskStatus(id) {
      const status = statuses.state.tasks.get(taskName(id))?.status
      const exists = taskIds(configs.state, id.connector).some(({ task }) => task === id.task)
      if (!status || !exists) throw new ConnectError('TASK_NOT_FOUND', `No status found for task ${taskName(id)}`)
      return { id: id.task, ...shown(status) }
    },
    async activeTopics(connector) {
      if (!context.config.topicTracking.enabled) {
        throw new ConnectError('TOPIC_TRACKING_DISABLED', 'Topic tracking is disabled.')
      }
      // I8: what a deleted connector used is taken back a little later, and shown no more from now on.
      if (!configs.state.connectors.has(connector)) return []
      return [...(statuses.state.topics.get(connector)?.keys() ?? [])]
    },
    async plugins(connectorsOnly) {
      return listedTypes.flatMap((type) => {
        if (connectorsOnly && type !== 'sink' && type !== 'source') return []
        const ofType = host.definitions().filter((plugin) => plugin.type === type)
        return ofType.map(({ class: name, version }) => ({ class: name, type, version }))
      })
    },
    async pluginConfig(name, version) {
      const plugin = newestFirst(pluginsNamed(host.definitions(), name)).find((known) => fitsVersion(known, version))
      if (!plugin) throw new ConnectError('PLUGIN_NOT_FOUND', `Unknown plugin ${name}.`)
      const { pluginConfigKeys } = await import('#server/core/plugin-config-keys.ts')
      return pluginConfigKeys(plugin)
    },
    loggers: async () => context.levels.all(),
    logs: async (query) => context.memory.query(query),
    events: (query) => context.events.page(query),
    followEvents: (filter, after, signal) => context.events.follow(filter, after, signal),
    recoveries: async () => context.recoveries(),
    stalls: async () => context.stalls(),
    taskless: async () => context.taskless(),
    throughput: async () => context.throughput(),
    async connectorLogLevel(connector) {
      await known(connector)
      const set = configs.state.logLevels.get(connector)
      return set && set.until > context.clock.now() ? set : null
    },
    async policies(connector) {
      const { config } = await known(connector)
      return {
        restart: restartPolicyOf(config, context.config.restart),
        stallIntervalMs: stallIntervalOf(config, context.config.stallIntervalMs),
      }
    },
    pluginPackages: async () => [...host.packages()],
    catalog: async () => host.definitions().flatMap(({ card }) => card ?? []),
    recordPlugins: async () =>
      host
        .definitions()
        .flatMap(({ class: name, type, version, summary = '' }) =>
          type === 'transformation' || type === 'predicate' ? [{ class: name, type, version, summary }] : [],
        ),
    async cluster(source) {
      const view = await membership.settled()
      if (source === 'statuses') return clusterFromStatuses(context, view)
      // Only the leader knows who holds what.
      if (!view.isLeader) throw elsewhere(view.leaderUrl, view.leaderGone)
      return {
        source: 'leader',
        groupId: context.config.groupId ?? '',
        generation: view.generation,
        protocol: view.protocol,
        workers: context.assignment.members().map(({ url, work }) => ({
          id: workerIdOf(url),
          url,
          leader: url === context.url,
          connectors: [...work.connectors],
          tasks: [...work.tasks],
        })),
        drains: drainsAsLed(context),
        lastRebalance: lastRebalance(context.rebalances.latest()),
        delayMs: view.delayUntil === 0 ? 0 : Math.max(0, view.delayUntil - context.clock.monotonic()),
      }
    },
  }
}

const lastRebalance = (latest: Rebalance | null): ClusterView['lastRebalance'] =>
  latest && {
    at: latest.at + latest.tookMs,
    tookMs: latest.tookMs,
    moved: latest.moves.length,
    reason: describeCauses(latest.causes),
  }

function clusterFromStatuses(context: HerderContext, view: Extract<GroupView, { state: 'member' }>): ClusterView {
  const { config, configs, statuses, url } = context
  const self = { id: workerIdOf(url), url, leader: view.isLeader }
  const leader = view.leaderUrl ? [{ id: workerIdOf(view.leaderUrl), url: view.leaderUrl, leader: true }] : []
  const exists = {
    connector: (name: string) => configs.state.connectors.has(name),
    task: (id: TaskId) => isConfigured(configs.state, id),
  }
  const workers = workersFromStatuses(statuses.state, [self, ...leader], exists)
  const left = new Map(workers.map(({ id, connectors, tasks }) => [id, connectors.length + tasks.length]))
  return {
    source: 'statuses',
    groupId: config.groupId ?? '',
    generation: view.generation,
    protocol: view.protocol,
    workers,
    // Only a leader that is not run by Sluice leaves it to others to tell this.
    drains: drainsOf(configs.state.drains, { left, leaderDrains: false }),
    lastRebalance: null,
    delayMs: 0,
  }
}

export function infoOf({ configs, host }: HerderContext, name: string, known: ConfiguredConnector): ConnectorInfo {
  return {
    name,
    config: copyOf(known.config),
    tasks: taskIds(configs.state, name),
    type: connectorTypeOf(host.definitions(), known.config),
  }
}

/** I8: statuses of tasks that no longer exist are never shown, whatever the status topic still holds. */
export function statusOf({ configs, statuses, host }: HerderContext, name: string): ConnectorStatus {
  const known = configs.state.connectors.get(name)
  const status = statuses.state.connectors.get(name)
  if (!known || !status) throw new ConnectError('STATUS_NOT_FOUND', `No status found for connector ${name}`)
  const tasks = taskIds(configs.state, name).flatMap((id): TaskStatus[] => {
    const found = statuses.state.tasks.get(taskName(id))?.status
    return found ? [{ id: id.task, ...shown(found) }] : []
  })
  return { name, connector: shown(status), tasks, type: connectorTypeOf(host.definitions(), known.config) }
}

const shown = ({ state, workerId, version, trace }: StoredStatus): InstanceStatus => ({
  state,
  workerId,
  ...(version !== null && { version }),
  ...(trace !== null && trace !== '' && { trace }),
})

/** Callers may keep what they get; what is stored stays as it is. */
const copyOf = (config: ConnectorConfig): ConnectorConfig => Object.assign(Object.create(null), config)
