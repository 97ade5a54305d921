import type { Clock } from '#server/contract/clock.ts'
import {
  type InstanceState,
  type StalledInstance,
  type TaskId,
  type TasklessConnector,
  type TaskThroughput,
  taskName,
} from '#server/contract/connector.ts'
import { connectMetrics, type MetricGroup, taskClients } from '#server/observe/connect-metrics.ts'
import { createMetricRegistry, type Reading, type Tags } from '#server/observe/metric-registry.ts'
import { measured, type SampleWindows } from '#server/observe/metric-samples.ts'
import type { Measurements } from '#server/observe/task-recorder.ts'
import type { Description } from '#server/runtime/metrics/described-by.ts'
import { createStateTimes, type StateTimes } from '#server/runtime/metrics/state-times.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/** Where this worker stands in its group, for the metrics of rebalances. */
export interface GroupStanding {
  /** By which the group knows this worker's client. */
  clientId: string
  assigned: { connectors: number; tasks: number }
  /** When the coordinator last answered, in ms since the epoch; 0 before the first answer. */
  lastAnswerAt: number
  protocol: string
  leader: string
  generation: number
  rebalancing: boolean
}

/** Everything that one worker measures (Kafka: `ConnectMetrics`): of itself, and of what it runs for as long as it runs here. */
export interface WorkerMetrics {
  /** Hears every state that this worker reports. */
  heard(instance: Instance, state: InstanceState | 'GONE'): void
  /** What a task measured since it last said so. */
  measured(task: TaskId, measurements: Measurements): void
  rebalanced(tookMs: number): void
  /** Something that this worker's membership in its group did, and how long it took. */
  grouped(event: GroupEvent, tookMs: number): void
  /** Tells where the connectors and tasks are known that show no progress. */
  readStalls(stalls: () => readonly Stalled[]): void
  /** Tells where the connectors are known that run without tasks. */
  readTaskless(taskless: () => readonly Pick<TasklessConnector, 'connector'>[]): void
  /** Tells where it is known what records under way take, in bytes. */
  readMemory(memory: () => { held: number; budget: number }): void
  /** Tells where words come from; `standing` is missing where there is no group. */
  describeBy(describe: (connector: string) => Description | undefined, standing?: () => GroupStanding): void
  /** How much each task that runs here has moved. */
  throughput(): TaskThroughput[]
  print(): string
}

type Stalled = Pick<StalledInstance, 'connector' | 'task'>

/** What a member of a group does that is measured. */
export type GroupEvent = 'join' | 'sync' | 'heartbeat'

interface Known {
  instance: Instance
  times: StateTimes
  /** Whether its start is over. */
  started: boolean
}

export function createWorkerMetrics(
  options: SampleWindows & { clock: Pick<Clock, 'now' | 'monotonic'>; version: string },
): WorkerMetrics {
  const now = () => options.clock.monotonic()
  const registry = createMetricRegistry({ ...options, now })
  const all = new Map<string, Known>()
  let describe: (connector: string) => Description | undefined = () => undefined
  let standing: (() => GroupStanding) | undefined
  let rebalancedAt = Number.NaN
  const startedAt = options.clock.now()

  function measureGroup(sensor: string, value: number): void {
    const clientId = standing?.().clientId
    if (clientId === undefined) return
    registry.measure('connect-coordinator-metrics', { 'client-id': clientId }, sensor, measured(value))
  }
  let stalls: () => readonly Stalled[] = () => []
  let memory: (() => { held: number; budget: number }) | undefined
  let taskless: () => readonly Pick<TasklessConnector, 'connector'>[] = () => []

  function noteStart(kind: 'connector' | 'task', succeeded: boolean): void {
    const say = (sensor: string, value: number) =>
      registry.measure('connect-worker-metrics', {}, `${kind}-startup-${sensor}`, measured(value))
    say('attempts-total', 1)
    say('success', succeeded ? 1 : 0)
    say('failure', succeeded ? 0 : 1)
  }

  function heard(instance: Instance, state: InstanceState | 'GONE'): void {
    const isTask = 'task' in instance
    const name = isTask ? nameOf(instance.task.connector, instance.task.task) : nameOf(instance.connector)
    if (state === 'UNASSIGNED' || state === 'GONE') {
      all.delete(name)
      // Tasks may go on here when their connector has gone elsewhere.
      if (isTask) {
        registry.forget(tagsOf(instance.task))
        for (const client of clientKinds) registry.forget({ 'client-id': clientIdOf(client, instance.task) })
      }
      return
    }
    const known = all.get(name) ?? { instance, times: createStateTimes(now()), started: false }
    all.set(name, known)
    known.times.enter(state, now())
    if (state === 'RESTARTING') known.started = false
    else if (!known.started) {
      known.started = true
      noteStart(isTask ? 'task' : 'connector', state !== 'FAILED')
    }
  }

  const tasks = () =>
    [...all.values()].flatMap(({ instance, times }) => ('task' in instance ? [{ id: instance.task, times }] : []))
  const connectors = () =>
    [...all.values()].flatMap(({ instance, times }) =>
      'task' in instance ? [] : [{ name: instance.connector, times }],
    )

  function readings(): Reading[] {
    const running = tasks()
    const stalled = new Set(stalls().map(({ connector, task }) => nameOf(connector, task)))
    const idle = new Set(taskless().map(({ connector }) => connector))
    const own: Reading = {
      type: 'connect-worker-metrics',
      tags: {},
      values: { 'connector-count': connectors().length, 'task-count': running.length },
    }
    return [
      own,
      ...memoryReading(),
      ...groupReading(),
      ...connectors().flatMap((connector) => readConnector(connector, stalled, idle)),
      ...countTasks(running),
      ...running.flatMap((task) => readTask(task, stalled)),
    ]
  }

  function memoryReading(): Reading[] {
    if (!memory) return []
    const { held, budget } = memory()
    const values = { 'record-memory-bytes': held, 'record-memory-max-bytes': budget }
    return [{ type: 'sluice-worker-metrics', tags: {}, values }]
  }

  function groupReading(): Reading[] {
    const at = standing?.()
    if (!at) return []
    const secondsSince = (time: number) => (time > 0 ? Math.max(0, (now() - time) / 1_000) : -1)
    return [
      {
        type: 'connect-coordinator-metrics',
        tags: { 'client-id': at.clientId },
        values: {
          'assigned-connectors': at.assigned.connectors,
          'assigned-tasks': at.assigned.tasks,
          'last-heartbeat-seconds-ago': secondsSince(at.lastAnswerAt),
          'last-rebalance-seconds-ago': secondsSince(rebalancedAt),
        },
      },
      {
        type: 'app-info',
        tags: { 'client-id': at.clientId },
        values: { version: options.version, 'start-time-ms': startedAt },
      },
      {
        type: 'connect-worker-rebalance-metrics',
        tags: {},
        values: {
          'connect-protocol': at.protocol,
          'leader-name': at.leader,
          epoch: at.generation,
          rebalancing: at.rebalancing ? 1 : 0,
          'time-since-last-rebalance-ms': now() - rebalancedAt,
        },
      },
    ]
  }

  /** A task is a source or a sink; the other one's sensor was never heard of it. */
  const moved = (id: TaskId) =>
    registry.total('source-task-metrics', tagsOf(id), 'source-record-write') +
    registry.total('sink-task-metrics', tagsOf(id), 'sink-record-send')

  function readConnector(
    { name, times }: { name: string; times: StateTimes },
    stalled: ReadonlySet<string>,
    idle: ReadonlySet<string>,
  ): Reading[] {
    const values = { status: times.state.toLowerCase(), ...pick('connector-metrics', describe(name)?.words) }
    const own = { stalled: stalled.has(nameOf(name)) ? 1 : 0, taskless: idle.has(name) ? 1 : 0 }
    const tags = { connector: name }
    return [
      { type: 'connector-metrics', tags, values },
      { type: 'sluice-connector-metrics', tags, values: own },
    ]
  }

  /** Of every connector that has tasks here, as they are now. */
  function countTasks(running: readonly { id: TaskId; times: StateTimes }[]): Reading[] {
    return [...Map.groupBy(running, ({ id }) => id.connector)].map(([connector, of]) => {
      const states = Map.groupBy(of, ({ times }) => times.state.toLowerCase())
      const counts = [...states].map(([state, inIt]) => [`connector-${state}-task-count`, inIt.length])
      const values = { 'connector-total-task-count': of.length, ...Object.fromEntries(counts) }
      return { type: 'connect-worker-metrics', tags: { connector }, values }
    })
  }

  function readTask({ id, times }: { id: TaskId; times: StateTimes }, stalled: ReadonlySet<string>): Reading[] {
    const tags = tagsOf(id)
    const described = describe(id.connector)
    const values = {
      status: times.state.toLowerCase(),
      'running-ratio': times.share('RUNNING', now()),
      'pause-ratio': times.share('PAUSED', now()),
      ...pick('connector-task-metrics', described?.words),
    }
    const kind = described?.words['connector-type']
    return [
      { type: 'connector-task-metrics', tags, values },
      ...(kind ? [{ type: `${kind}-task-metrics`, tags, values: {} }] : []),
      { type: 'task-error-metrics', tags, values: {} },
      ...(described?.chain ?? []).map(({ kind: part, alias, className, version }) => ({
        type: `connector-${part}-metrics`,
        tags: { ...tags, [part]: alias },
        values: { [`${part}-class`]: className, [`${part}-version`]: version },
      })),
      { type: 'sluice-task-metrics', tags, values: { stalled: stalled.has(nameOf(id.connector, id.task)) ? 1 : 0 } },
    ]
  }

  return {
    heard,
    measured(task, measurements) {
      for (const [sensor, value] of measurements) {
        for (const { group } of taskSensors.get(sensor) ?? []) {
          registry.measure(group.type, objectOf(group, task), sensor, value)
        }
      }
    },
    rebalanced(tookMs) {
      rebalancedAt = now()
      const say = (sensor: string, value: number) =>
        registry.measure('connect-worker-rebalance-metrics', {}, sensor, measured(value))
      say('completed-rebalances-total', 1)
      say('rebalance-time-ms', tookMs)
      measureGroup('rebalance', 1)
      measureGroup('rebalance-latency', tookMs)
    },
    grouped(event, tookMs) {
      measureGroup(event, 1)
      measureGroup(event === 'heartbeat' ? 'heartbeat-response-time' : `${event}-time`, tookMs)
    },
    readStalls(read) {
      stalls = read
    },
    readMemory(read) {
      memory = read
    },
    readTaskless(read) {
      taskless = read
    },
    describeBy(words, group) {
      describe = words
      standing = group
    },
    throughput: () => tasks().map(({ id }) => ({ ...id, records: moved(id) })),
    print: () => registry.print(readings()),
  }
}

const nameOf = (connector: string, task?: number) =>
  task === undefined ? `connector ${connector}` : taskName({ connector, task })

const tagsOf = ({ connector, task }: TaskId) => ({ connector, task: String(task) })

const clientKinds = Object.keys(taskClients) as (keyof typeof taskClients)[]

/** What Kafka Connect calls the client of a task. */
const clientIdOf = (kind: keyof typeof taskClients, { connector, task }: TaskId) =>
  `connector-${kind}-${connector}-${task}`

/** Which object of a group a task's measurements are about: the task, or the client of the group's domain. */
function objectOf({ domain }: MetricGroup, task: TaskId): Tags {
  const kind = clientKinds.find((known) => taskClients[known] === domain)
  return kind ? { 'client-id': clientIdOf(kind, task) } : tagsOf(task)
}

/** The groups that show a task's sensor. */
const taskSensors = Map.groupBy(
  connectMetrics
    .filter(({ domain, tags }) => domain !== undefined || tags.join() === 'connector,task')
    .flatMap((group) => [...new Set(group.metrics.map(({ sensor }) => sensor))].map((sensor) => ({ sensor, group }))),
  ({ sensor }) => sensor,
)

/** Of a description, what a group shows. */
function pick(type: string, words: Description['words'] = {}): Description['words'] {
  const names = connectMetrics
    .filter((group) => group.type === type)
    .flatMap(({ metrics }) => metrics.map(({ name }) => name))
  return Object.fromEntries(Object.entries(words).filter(([name]) => names.includes(name)))
}
