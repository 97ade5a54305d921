import type { ConnectorConfig, ConnectorLogLevel, TargetState, TaskId } from '#server/contract/connector.ts'
import type { ConfigRecord, SessionKey } from '#server/core/config-record.ts'

/** A connector as the config topic describes it. */
export interface ConfiguredConnector {
  config: ConnectorConfig
  /** Position of the record that set `config`: two configs are the same only when this is. */
  version: number
  /** Task configs in force, by number; undefined while a set is incomplete, so that none of them runs. */
  tasks: readonly ConnectorConfig[] | undefined
  /** Position of the commit record that set `tasks`; -1 before the first. */
  tasksVersion: number
  /** `version` of the config that `tasks` were made from; another one means that new tasks are due. */
  appliedVersion: number
  /**
   * Task configs stand after the commit, of a set that is being written or that a crash cut off. Compaction may take
   * those in force for them, so new tasks are due.
   */
  torn: boolean
}

/** When the producers of earlier tasks were last made harmless. */
export interface Fencing {
  /** How many tasks may have had producers since, which must be fenced before newer ones start. */
  tasks: number
  /** Position of the record that says so. */
  at: number
}

/** What the whole group agrees on. Maps, because connector names are anybody's. */
export interface ConfigState {
  connectors: ReadonlyMap<string, ConfiguredConnector>
  /** Also of connectors that are not known (yet): a created connector's target is written before its config. */
  targets: ReadonlyMap<string, TargetState>
  /** By connector, the last word on its tasks' producers (KIP-618). */
  fencings: ReadonlyMap<string, Fencing>
  sessionKey: SessionKey | null
  /** Since when workers are to be emptied, by worker id, in ms since the epoch. */
  drains: ReadonlyMap<string, number>
  /** By connector; one whose time is over stays until something else is set. */
  logLevels: ReadonlyMap<string, ConnectorLogLevel>
  /** Position after the last record; -1 before the first. Exchanged in the group protocol. */
  offset: number
}

/** What a record changed, for those who act on changes. */
export type ConfigChange =
  | { change: 'nothing' }
  | { change: 'connector-added' | 'connector-removed' | 'connector-updated'; connector: string }
  /** `recounted`: there are more or fewer tasks than before, so they have to be shared out anew. */
  | { change: 'tasks-updated'; connector: string; recounted: boolean }
  | { change: 'target-changed'; connector: string; target: TargetState }
  | { change: 'session-key' }
  | { change: 'restart'; connector: string; includeTasks: boolean; onlyFailed: boolean }
  | { change: 'logger'; logger: string; level: string }
  | { change: 'drain'; worker: string }
  | { change: 'connector-log-level'; connector: string }

export interface ConfigFold {
  /** The state as of now: a live view, changed by `apply` alone. */
  readonly state: ConfigState
  /** Takes the record at `offset` in. */
  apply(record: ConfigRecord | undefined, offset: number): ConfigChange
}

const nothing: ConfigChange = { change: 'nothing' }

/** What a person asked of a connector; STARTED when nobody asked for anything. */
export const targetOf = ({ targets }: ConfigState, connector: string): TargetState =>
  targets.get(connector) ?? 'STARTED'

/** By connector, the number of tasks that may be assigned: none of an inconsistent one. */
export const taskCounts = ({ connectors }: ConfigState): Map<string, number> =>
  new Map([...connectors].map(([name, { tasks }]) => [name, tasks?.length ?? 0]))

/** The config in force of a task; undefined when it is not to run. */
export const taskConfigOf = ({ connectors }: ConfigState, id: TaskId): ConnectorConfig | undefined =>
  connectors.get(id.connector)?.tasks?.[id.task]

/**
 * The one reducer of the config topic (Kafka: `KafkaConfigBackingStore`).
 *
 * I11: the state follows from the records alone, and compaction may take any record that a later one of the same key
 * replaced. Task records wait in a deferred set until their commit; a set that compaction or a crash left incomplete is
 * inconsistent, its tasks run nowhere, and the connector's owner writes it anew.
 */
export function createConfigFold(): ConfigFold {
  const connectors = new Map<string, ConfiguredConnector>()
  const targets = new Map<string, TargetState>()
  const fencings = new Map<string, Fencing>()
  const drains = new Map<string, number>()
  const logLevels = new Map<string, ConnectorLogLevel>()
  const deferred = new Map<string, Map<number, ConnectorConfig>>()
  const state = { connectors, targets, fencings, drains, logLevels, sessionKey: null as SessionKey | null, offset: -1 }

  function apply(record: ConfigRecord, at: number): ConfigChange {
    switch (record.kind) {
      case 'connector':
        return record.config === null ? remove(record.connector) : put(record.connector, record.config, at)
      case 'task':
        defer(record.id, record.config)
        return nothing
      case 'commit':
        return commit(record.connector, record.tasks, at)
      case 'target':
        return retarget(record.connector, record.target)
      case 'session-key':
        state.sessionKey = record.sessionKey
        return { change: 'session-key' }
      case 'restart':
        return { ...record, change: 'restart' }
      case 'logger':
        return { ...record, change: 'logger' }
      case 'fencing':
        fencings.set(record.connector, { tasks: record.tasks, at })
        return nothing
      case 'drain':
        return drain(record.worker, record.askedAt)
      case 'connector-log-level':
        if (record.set) logLevels.set(record.connector, record.set)
        else logLevels.delete(record.connector)
        return { change: 'connector-log-level', connector: record.connector }
    }
  }

  function put(connector: string, config: ConnectorConfig, version: number): ConfigChange {
    const known = connectors.get(connector)
    const fresh = { tasks: [], tasksVersion: -1, appliedVersion: -1, torn: false }
    connectors.set(connector, { ...(known ?? fresh), config, version })
    return { change: known ? 'connector-updated' : 'connector-added', connector }
  }

  function remove(connector: string): ConfigChange {
    deferred.delete(connector)
    logLevels.delete(connector)
    // The count of tasks to fence stays: zombies of the removed connector may live on (KIP-618).
    return connectors.delete(connector) ? { change: 'connector-removed', connector } : nothing
  }

  function defer({ connector, task }: TaskId, config: ConnectorConfig): void {
    const set = deferred.get(connector) ?? new Map<number, ConnectorConfig>()
    set.set(task, config)
    deferred.set(connector, set)
    const known = connectors.get(connector)
    if (known) connectors.set(connector, { ...known, torn: true })
  }

  function commit(connector: string, count: number, at: number): ConfigChange {
    const set = deferred.get(connector)
    deferred.delete(connector)
    const known = connectors.get(connector)
    // KAFKA-16838: a commit before its connector is left over from one that was deleted.
    if (!known) return nothing
    const tasks = completeSet(set, count)
    connectors.set(connector, { ...known, tasks, tasksVersion: at, appliedVersion: known.version, torn: false })
    return { change: 'tasks-updated', connector, recounted: tasks?.length !== known.tasks?.length }
  }

  function retarget(connector: string, given: TargetState | null): ConfigChange {
    const before = targets.get(connector) ?? 'STARTED'
    if (given === null) targets.delete(connector)
    else targets.set(connector, given)
    const target = given ?? 'STARTED'
    return connectors.has(connector) && before !== target ? { change: 'target-changed', connector, target } : nothing
  }

  function drain(worker: string, askedAt: number | null): ConfigChange {
    const known = drains.has(worker)
    if (askedAt === null) drains.delete(worker)
    else drains.set(worker, askedAt)
    return known === (askedAt !== null) ? nothing : { change: 'drain', worker }
  }

  return {
    state,
    apply(record, offset) {
      state.offset = offset + 1
      return record ? apply(record, offset) : nothing
    },
  }
}

/**
 * The configs 0 … count−1 in order; undefined unless all are there. More may be: after a set that shrank, compaction
 * leaves the records of the numbers that are no longer used.
 */
function completeSet(set: ReadonlyMap<number, ConnectorConfig> | undefined, count: number) {
  const tasks: ConnectorConfig[] = []
  for (let task = 0; task < count; task++) {
    const config = set?.get(task)
    if (!config) return undefined
    tasks.push(config)
  }
  return tasks
}

/**
 * Whether new task configs are due, whatever they say: those in force are missing, of an earlier config, or not sure to
 * outlive a compaction. What a worker finds due that starts afterwards was due to all workers before.
 */
export const tasksAreDue = ({ tasks, version, appliedVersion, torn }: ConfiguredConnector): boolean =>
  !tasks || torn || appliedVersion !== version

/** Whether a set of task configs is to be written: it is due, or says something that the stored one does not. */
export function tasksDiffer(known: ConfiguredConnector, proposed: readonly ConnectorConfig[]): boolean {
  const { tasks = [] } = known
  if (tasksAreDue(known) || tasks.length !== proposed.length) return true
  return proposed.some((config, task) => !sameConfig(config, tasks[task] ?? {}))
}

function sameConfig(a: ConnectorConfig, b: ConnectorConfig): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
}

/**
 * What is to be done before tasks of the task configs in force may write with transactions (Kafka:
 * `DistributedHerder.doFenceZombieSourceTasks`). Undefined: it was done. `ids`: of so many tasks, from 0 on, the producers
 * may still live. `tasks`: how many may have lived once it is done.
 */
export function fencingDue(state: ConfigState, connector: string): { ids: number; tasks: number } | undefined {
  const known = state.connectors.get(connector)
  const last = state.fencings.get(connector)
  if (!known || (last && last.at > known.tasksVersion)) return undefined
  const tasks = known.tasks?.length ?? 0
  // One task follows on another one of the same id, which takes the id from it.
  const alike = last?.tasks === 1 && tasks === 1
  return { ids: alike ? 0 : (last?.tasks ?? 0), tasks }
}

/** The tasks of a connector in order; none of an inconsistent or unknown one. */
export const taskIds = (state: ConfigState, connector: string): TaskId[] =>
  (state.connectors.get(connector)?.tasks ?? []).map((_, task) => ({ connector, task }))

export const isConfigured = (state: ConfigState, id: TaskId): boolean => taskConfigOf(state, id) !== undefined
