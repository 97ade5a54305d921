import type { Assignments, PastRebalance } from '#server/contract/assignments.ts'
import type {
  ConnectorConfig,
  ConnectorInfo,
  ConnectorLogLevel,
  ConnectorOffset,
  ConnectorStatus,
  Drain,
  InstanceState,
  LogLine,
  PluginInfo,
  TargetState,
  TaskStatus,
} from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { createLogLevels, parseThreshold } from '#server/observe/log-levels.ts'

interface Entry {
  config: ConnectorConfig
  target: TargetState
  topics: string[]
  offsets: ConnectorOffset[]
}

const WORKER = '127.0.0.1:8083'
const past: PastRebalance = {
  id: '0-7',
  ...{ at: 1_760_000_000_000, tookMs: 12, generation: 7, rounds: 2, leader: WORKER, movesLeftOut: 0 },
  causes: [{ kind: 'joined', workers: [WORKER] }],
  moves: [{ connector: 'c', task: 0, from: 'old:1', to: WORKER, downMs: 40 }],
}
const CLASS = 'org.apache.kafka.connect.file.FileStreamSourceConnector'

export interface MemoryHerder extends Herder {
  /** What a running task would have used and committed. */
  produced(connector: string, topic: string, offset: ConnectorOffset): void
  logged(line: LogLine): void
}

/** A whole cluster in a Map: the shortest thing that keeps every promise of the `Herder` port. */
export function createMemoryHerder(): MemoryHerder {
  const connectors = new Map<string, Entry>()
  const lines: LogLine[] = []
  const logLevels = new Map<string, ConnectorLogLevel>()
  const drains = new Map<string, Drain>()
  const levels = createLogLevels({ root: 'INFO', clock: { now: () => 1_760_000_000_000 } })
  levels.register('sluice.runtime')

  const entry = (name: string, message = `Connector ${name} not found`): Entry => {
    const found = connectors.get(name)
    if (!found) throw new ConnectError('CONNECTOR_NOT_FOUND', message)
    return found
  }
  const tasksOf = (name: string, { config, target }: Entry) =>
    target === 'STOPPED'
      ? []
      : Array.from({ length: Number(config['tasks.max'] ?? 1) }, (_, task) => ({ connector: name, task }))
  const infoOf = (name: string, found: Entry): ConnectorInfo => ({
    name,
    config: { ...found.config },
    tasks: tasksOf(name, found),
    type: 'source',
  })
  const stateOf = ({ target }: Entry): InstanceState => (target === 'STARTED' ? 'RUNNING' : target)
  const statusOf = (name: string, found: Entry, state = stateOf(found)): ConnectorStatus => ({
    name,
    connector: { state, workerId: WORKER, version: '4.3.1' },
    tasks: tasksOf(name, found).map(
      ({ task }): TaskStatus => ({ id: task, state, workerId: WORKER, version: '4.3.1' }),
    ),
    type: 'source',
  })
  const check = (config: ConnectorConfig) => {
    if (!config['connector.class']) {
      throw new ConnectError('BAD_REQUEST', 'Connector config contains no connector type')
    }
    if (!config.topic) {
      throw new ConnectError(
        'CONFIG_INVALID',
        'Connector configuration is invalid and contains the following 1 error(s):\nMissing required configuration "topic" which has no default value.\nYou can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
        {
          problems: [{ field: 'topic', message: 'Missing required configuration "topic" which has no default value.' }],
        },
      )
    }
  }
  const put = (name: string, config: ConnectorConfig, target: TargetState) => {
    const found: Entry = { config: { ...config, name }, target, topics: [], offsets: [] }
    connectors.set(name, found)
    return infoOf(name, found)
  }
  const stopped = (name: string): Entry => {
    const found = entry(name)
    if (found.target === 'STOPPED') return found
    throw new ConnectError(
      'BAD_REQUEST',
      `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
    )
  }

  return {
    root: async () => ({ version: '4.3.1', commit: '0123abcd', kafkaClusterId: 'memory' }),
    health: async () => ({
      status: 'healthy',
      message: 'Worker has completed startup and is ready to handle requests.',
    }),
    list: async () => [...connectors.keys()],
    listExpanded: async () =>
      [...connectors].map(([name, found]) => ({ name, info: infoOf(name, found), status: statusOf(name, found) })),
    info: async (name) => infoOf(name, entry(name)),
    config: async (name) => ({ ...entry(name).config }),
    status: async (name) => statusOf(name, entry(name, `No status found for connector ${name}`)),
    async create({ name, config, initialState }) {
      check(config)
      if (connectors.has(name)) throw new ConnectError('CONNECTOR_EXISTS', `Connector ${name} already exists`)
      return put(name, config, initialState ?? 'STARTED')
    },
    async putConfig(name, config) {
      check(config)
      const known = connectors.get(name)
      return { created: known === undefined, info: put(name, config, known?.target ?? 'STARTED') }
    },
    async patchConfig(name, patch) {
      const { config, target } = entry(name)
      const merged = Object.fromEntries(Object.entries({ ...config, ...patch }).filter(([, value]) => value !== null))
      check(merged)
      return put(name, merged, target)
    },
    async delete(name) {
      entry(name)
      connectors.delete(name)
    },
    async setTargetState(name, target) {
      entry(name, `Unknown connector ${name}`).target = target
    },
    async stop(name) {
      entry(name, `Unknown connector ${name}`).target = 'STOPPED'
    },
    async restart(name, { includeTasks, onlyFailed }) {
      const found = entry(name, `Unknown connector: ${name}`)
      if (!includeTasks && !onlyFailed) return undefined
      return statusOf(name, found, onlyFailed ? stateOf(found) : 'RESTARTING')
    },
    async tasks(name) {
      const found = entry(name)
      return tasksOf(name, found).map((id) => ({ id, config: { ...found.config, 'task.class': 'Task' } }))
    },
    async taskStatus({ connector, task }) {
      const found = connectors.get(connector)
      const status = found && statusOf(connector, found).tasks[task]
      if (!status) throw new ConnectError('TASK_NOT_FOUND', `No status found for task ${connector}-${task}`)
      return status
    },
    async restartTask({ connector, task }) {
      const found = entry(connector, `Unknown connector: ${connector}`)
      if (task >= tasksOf(connector, found).length) {
        throw new ConnectError('TASK_NOT_FOUND', `Unknown task: ${connector}-${task}`)
      }
    },
    activeTopics: async (name) => [...(connectors.get(name)?.topics ?? [])],
    async resetActiveTopics(name) {
      const found = connectors.get(name)
      if (found) found.topics = []
    },
    offsets: async (name) => structuredClone(entry(name).offsets),
    async alterOffsets(name, offsets) {
      const kept = offsets.flatMap(({ partition, offset }) => (partition && offset ? [{ partition, offset }] : []))
      stopped(name).offsets = kept
      return 'The offsets for this connector have been altered successfully'
    },
    async resetOffsets(name) {
      stopped(name).offsets = []
      return 'The offsets for this connector have been reset successfully'
    },
    async plugins(connectorsOnly) {
      const plugins: PluginInfo[] = [
        { class: CLASS, type: 'source', version: '4.3.1' },
        { class: 'org.apache.kafka.connect.json.JsonConverter', type: 'converter', version: '4.3.1' },
      ]
      return connectorsOnly ? plugins.slice(0, 1) : plugins
    },
    async pluginConfig(plugin) {
      if (!CLASS.includes(plugin)) throw new ConnectError('PLUGIN_NOT_FOUND', `Unknown plugin ${plugin}.`)
      return [topicKey]
    },
    async validate(_plugin, config) {
      const errors = config.topic ? [] : ['Missing required configuration "topic" which has no default value.']
      return {
        name: config['connector.class'] ?? '',
        errorCount: errors.length,
        groups: ['Common'],
        configs: [
          {
            definition: topicKey,
            value: { name: 'topic', value: config.topic ?? null, recommendedValues: ['a'], errors, visible: true },
          },
          { definition: null, value: { name: 'x', value: '1', recommendedValues: [], errors: [], visible: false } },
        ],
      }
    },
    async preview(_plugin, { config, limit, records = [] }) {
      check(config)
      const tried = records.slice(0, limit).map(() => ({ outcome: 'kept' as const, steps: [] }))
      return { records: tried, tolerance: 'none', ...(tried.length === 0 && { problem: 'no records' }) }
    },
    async testConnection(_plugin, config) {
      const ok = Boolean(config.topic)
      return { ok, steps: [{ title: 'Reach memory', outcome: ok ? 'passed' : 'failed', ms: 1 }] }
    },
    loggers: async () => levels.all(),
    async setLogLevel(logger, level, scope) {
      const changed = levels.set(logger, parseThreshold(level) ?? 'INFO')
      return scope === 'worker' ? changed : []
    },
    cluster: async () => ({
      source: 'leader',
      groupId: 'memory',
      generation: 7,
      protocol: 'sessioned',
      workers: [{ id: WORKER, url: `http://${WORKER}/`, leader: true, connectors: [...connectors.keys()], tasks: [] }],
      drains: [...drains.values()],
      lastRebalance: { at: 1_760_000_000_000, tookMs: 12, moved: 3, reason: 'a worker joined' },
      delayMs: 0,
    }),
    assignments: async ({ limit }): Promise<Assignments> => ({
      current: {
        source: 'leader',
        generation: 7,
        workers: [
          { id: WORKER, url: `http://${WORKER}/`, leader: true, connectors: [...connectors.keys()], tasks: [] },
        ],
        rebalance: null,
      },
      history: [past].slice(0, limit),
      older: null,
      origin: 'topic',
    }),
    async drain(worker) {
      if (worker !== WORKER) {
        throw new ConnectError('WORKER_NOT_FOUND', `Worker ${worker} is not in the group, whose workers are ${WORKER}.`)
      }
      const drain: Drain = { worker, askedAt: 1_760_000_000_000, state: 'drained', left: 0, waitsFor: null }
      drains.set(worker, drain)
      return drain
    },
    async undrain(worker) {
      if (!drains.delete(worker)) throw new ConnectError('DRAIN_NOT_FOUND', `Worker ${worker} is not drained; none is.`)
    },
    logs: async ({ connector, after = 0, limit }) =>
      lines.filter((line) => line.id > after && (!connector || line.connector === connector)).slice(-limit),
    events: async ({ connector = '', kinds = [], limit }) => ({
      entries: kinds.slice(0, limit).map((kind, at) => ({
        ...{ id: `0-${at}`, at, kind, level: 'INFO', worker: WORKER, message: `${kind} of ${connector}` },
      })),
      older: '7',
      origin: 'topic',
    }),
    pluginPackages: async () => [
      { name: 'acme', version: '1.0.0', folder: '/plugins/acme', plugins: [], problem: 'no plugin' },
    ],
    connectorLogLevel: async (connector) => logLevels.get(connector) ?? null,
    async setConnectorLogLevel(connector, set) {
      if (set) logLevels.set(connector, { level: set.level, until: set.forSeconds })
      else logLevels.delete(connector)
      return logLevels.get(connector) ?? null
    },
    policies: async () => ({
      restart: { attempts: 3, firstDelayMs: 1_000, mostDelayMs: 60_000, healthyMs: 600_000 },
      stallIntervalMs: 60_000,
    }),
    async *followEvents({ connector = '', kinds = [] }, after) {
      for (const [at, kind] of kinds.entries()) {
        const message = `${kind} of ${connector} after ${after}`
        yield { id: `0-${at}`, at, kind, level: 'INFO', worker: WORKER, message } as const
      }
    },
    stalls: async () =>
      [...connectors.keys()].map((connector) => ({
        ...{ connector, task: 0, worker: WORKER, stage: 'put', since: 1_760_000_000_000 },
        ...{ reason: 'it has not come back', intervalMs: 60_000 },
      })),
    taskless: async () =>
      [...connectors.keys()].map((connector) => ({
        ...{ connector, worker: WORKER, why: 'failing', since: 1_760_000_000_000, reason: 'no such table' },
      })),
    throughput: async () => [...connectors.keys()].map((connector) => ({ connector, task: 0, records: 12 })),
    recoveries: async () =>
      [...connectors.keys()].map((connector) => ({
        connector,
        task: 0,
        worker: WORKER,
        attempt: 2,
        attempts: 10,
        restartAt: 1_760_000_000_000,
        stays: null,
      })),
    catalog: async () => [
      {
        class: CLASS,
        type: 'source',
        version: '4.3.1',
        title: 'File',
        summary: 'Publishes each line of a file as one record.',
        system: 'file',
        example: { file: 'in.txt', topic: 'lines' },
      },
    ],
    recordPlugins: async () => [
      {
        class: 'org.apache.kafka.connect.transforms.HoistField$Value',
        type: 'transformation',
        version: '4.3.1',
        summary: 'Wraps the whole key or value in a struct or map with a single field.',
      },
    ],
    produced(name, topic, offset) {
      const found = entry(name)
      found.topics.push(topic)
      found.offsets = [offset]
    },
    logged(line) {
      lines.push(line)
    },
  }
}

const topicKey = {
  name: 'topic',
  type: 'STRING',
  required: true,
  defaultValue: null,
  importance: 'HIGH',
  documentation: 'The topic to publish data to',
  group: null,
  orderInGroup: -1,
  width: 'NONE',
  displayName: 'topic',
  dependents: [],
} as const satisfies Omit<Awaited<ReturnType<Herder['pluginConfig']>>[number], 'dependents'> & { dependents: never[] }
