import fc from 'fast-check'
import { type ConnectorConfig, type TargetState, targetStates } from '#server/contract/connector.ts'
import { type ConfigFold, createConfigFold } from '#server/core/config-fold.ts'
import { type ConfigRecord, encodeConfigRecord } from '#server/core/config-record.ts'

/** One thing that a leader does to the config topic; `torn` is a set of task configs that a crash cut off. */
export type Operation =
  | { does: 'configure'; connector: string; config: ConnectorConfig; target?: TargetState }
  | { does: 'delete' | 'stop'; connector: string }
  | { does: 'tasks' | 'torn'; connector: string; configs: ConnectorConfig[] }
  | { does: 'target'; connector: string; target: TargetState }
  | { does: 'fence'; connector: string; tasks: number }
  | { does: 'sign'; key: string }
  | { does: 'restart'; connector: string }
  | { does: 'drain'; worker: string; askedAt: number | null }
  | { does: 'foreign' }

/** A record where it stands in the topic; undefined stands for one of a key that is none of ours. */
export interface Positioned {
  offset: number
  key: string
  tombstone: boolean
  record: ConfigRecord | undefined
}

/** One name is another one's beginning, and looks like its task. */
const connector = fc.constantFrom('a', 'a-0', 'b')
const config = fc.record({ value: fc.constantFrom('1', '2', '3') })
const target = fc.constantFrom(...targetStates)
const configs = fc.array(config, { maxLength: 3 })

export const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    fc.record({ does: fc.constant('configure' as const), connector, config, target }, { requiredKeys: ['does', 'connector', 'config'] }),
    fc.record({ does: fc.constantFrom('delete' as const, 'stop' as const), connector }),
    fc.record({ does: fc.constantFrom('tasks' as const, 'torn' as const), connector, configs }),
    fc.record({ does: fc.constant('target' as const), connector, target }),
    fc.record({ does: fc.constant('fence' as const), connector, tasks: fc.nat(3) }),
    fc.record({ does: fc.constant('sign' as const), key: fc.constantFrom('k1', 'k2') }),
    fc.record({ does: fc.constant('restart' as const), connector }),
    fc.record({ does: fc.constant('drain' as const), worker: fc.constantFrom('w1', 'w2'), askedAt: fc.option(fc.nat(9)) }),
    fc.record({ does: fc.constant('foreign' as const) }),
  ),
  { maxLength: 25, size: 'max' },
)

/** The records of an operation in the order in which Kafka Connect writes them. */
function recordsOf(operation: Operation): (ConfigRecord | undefined)[] {
  if (operation.does === 'foreign') return [undefined]
  if (operation.does === 'sign') {
    return [{ kind: 'session-key', sessionKey: { key: operation.key, algorithm: 'HmacSHA256', createdAt: 1 } }]
  }
  if (operation.does === 'drain') return [{ kind: 'drain', worker: operation.worker, askedAt: operation.askedAt }]
  const { connector } = operation
  switch (operation.does) {
    case 'configure': {
      const first = operation.target && { kind: 'target' as const, connector, target: operation.target }
      return [...(first ? [first] : []), { kind: 'connector', connector, config: operation.config }]
    }
    case 'delete':
      return [
        { kind: 'connector', connector, config: null },
        { kind: 'target', connector, target: null },
      ]
    case 'stop':
      return [
        { kind: 'commit', connector, tasks: 0 },
        { kind: 'target', connector, target: 'STOPPED' },
      ]
    case 'tasks':
    case 'torn': {
      const set = operation.configs.map((config, task) => ({ kind: 'task' as const, id: { connector, task }, config }))
      return operation.does === 'torn' ? set : [...set, { kind: 'commit', connector, tasks: set.length }]
    }
    case 'target':
      return [{ kind: 'target', connector, target: operation.target }]
    case 'fence':
      return [{ kind: 'fencing', connector, tasks: operation.tasks }]
    case 'restart':
      return [{ kind: 'restart', connector, includeTasks: true, onlyFailed: false }]
  }
}

export const historyOf = (done: readonly Operation[]): Positioned[] =>
  done.flatMap(recordsOf).map((record, offset) => {
    const { key, value } = record ? encodeConfigRecord(record) : { key: 'foreign', value: '' }
    return { offset, key, tombstone: value === null, record }
  })

export interface Compaction {
  /** Up to here the reader was before the cleaner came; it saw every record. */
  readBefore: number
  /** Up to here the cleaner keeps the last record of each key alone. */
  cleanedTo: number
  /** Whether tombstones are old enough to go as well. */
  dropsTombstones: boolean
}

export const compactions = (fresh: boolean): fc.Arbitrary<Compaction> =>
  fc.record({
    readBefore: fresh ? fc.constant(0) : fc.nat(60),
    cleanedTo: fc.nat(100),
    // A reader that lags by the time that tombstones are kept for (a day) starts anew.
    dropsTombstones: fresh ? fc.boolean() : fc.constant(false),
  })

/** What a reader sees of a history while, or after, it is compacted. */
export function compact(history: readonly Positioned[], { readBefore, cleanedTo, dropsTombstones }: Compaction): Positioned[] {
  const newest = new Map(history.slice(0, cleanedTo).map(({ key, offset }) => [key, offset]))
  return history.filter(({ offset, key, tombstone }) => {
    if (offset < readBefore || offset >= cleanedTo) return true
    return newest.get(key) === offset && !(tombstone && dropsTombstones)
  })
}

export function replay(history: readonly Positioned[]): ConfigFold['state'] {
  const fold = createConfigFold()
  for (const { record, offset } of history) fold.apply(record, offset)
  return fold.state
}
