import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ConnectorConfig, TargetState } from '#server/contract/connector.ts'
import {
  type ConfigChange,
  createConfigFold,
  fencingDue,
  isConfigured,
  targetOf,
  taskConfigOf,
  taskCounts,
  taskIds,
  tasksAreDue,
  tasksDiffer,
} from '#server/core/config-fold.ts'
import type { ConfigRecord } from '#server/core/config-record.ts'
import { historyOf, type Operation, operations, replay } from '#server/core/testdata/config-history.ts'

/** A fold, with the changes that it told of. */
function folded(...records: (ConfigRecord | undefined)[]) {
  const fold = createConfigFold()
  const changes: ConfigChange[] = records.map((record, offset) => fold.apply(record, offset))
  return { state: fold.state, changes, last: changes.at(-1), apply: fold.apply }
}

const connector = 'orders'
const config: ConnectorConfig = { 'connector.class': 'X', topic: 't' }
const created: ConfigRecord = { kind: 'connector', connector, config }
const deleted: ConfigRecord = { kind: 'connector', connector, config: null }
const task = (number: number, value = 'v'): ConfigRecord => ({
  kind: 'task',
  id: { connector, task: number },
  config: { value },
})
const commit = (tasks: number): ConfigRecord => ({ kind: 'commit', connector, tasks })
const target = (to: TargetState | null): ConfigRecord => ({ kind: 'target', connector, target: to })

/** What operations mean, said without a topic. */
function meaningOf(done: readonly Operation[]) {
  const connectors = new Map<string, { config: ConnectorConfig; tasks: readonly ConnectorConfig[]; due: boolean }>()
  const targets = new Map<string, TargetState>()
  for (const operation of done) {
    if (operation.does === 'foreign' || operation.does === 'sign' || operation.does === 'drain') continue
    const known = connectors.get(operation.connector)
    if (operation.does === 'configure') {
      connectors.set(operation.connector, { config: operation.config, tasks: known?.tasks ?? [], due: true })
      if (operation.target) targets.set(operation.connector, operation.target)
    } else if (operation.does === 'delete') {
      connectors.delete(operation.connector)
      targets.delete(operation.connector)
    } else if (operation.does === 'target') targets.set(operation.connector, operation.target)
    else if (operation.does === 'stop') targets.set(operation.connector, 'STOPPED')
    const tasks = operation.does === 'tasks' ? operation.configs : operation.does === 'stop' ? [] : undefined
    if (known && tasks) connectors.set(operation.connector, { ...known, tasks, due: false })
    const torn = operation.does === 'torn' && operation.configs.length > 0
    if (known && torn) connectors.set(operation.connector, { ...known, due: true })
  }
  return { connectors, targets }
}

test('I11: the state is what the operations meant, whatever crashed and whatever was foreign among them', () => {
  fc.assert(
    fc.property(operations, (done) => {
      const meant = meaningOf(done)
      const { connectors, targets } = replay(historyOf(done))
      const found = [...connectors].map(([name, known]) => {
        const { config, tasks = [] } = known
        return [name, { config, tasks, due: tasksAreDue(known) }] as const
      })
      expect(new Map(found)).toEqual(meant.connectors)
      expect(targets).toEqual(meant.targets)
    }),
    { numRuns: 1500 },
  )
})

describe('tasks', () => {
  test('none is in force before its commit', () => {
    const { state, changes } = folded(created, task(0), task(1))
    expect(changes.slice(1)).toEqual([{ change: 'nothing' }, { change: 'nothing' }])
    expect(taskCounts(state)).toEqual(new Map([[connector, 0]]))
    expect(taskConfigOf(state, { connector, task: 0 })).toBeUndefined()
    expect(isConfigured(state, { connector, task: 0 })).toBe(false)
  })

  test('a commit puts the whole set in force, in the order of the numbers', () => {
    const { state, last } = folded(created, task(1, 'b'), task(0, 'a'), commit(2))
    expect(last).toEqual({ change: 'tasks-updated', connector, recounted: true })
    expect(state.connectors.get(connector)).toMatchObject({
      tasks: [{ value: 'a' }, { value: 'b' }],
      tasksVersion: 3,
      appliedVersion: 0,
    })
    const ids = [0, 1].map((number) => ({ connector, task: number }))
    expect(taskIds(state, connector)).toEqual(ids)
    expect(ids.map((id) => taskConfigOf(state, id))).toEqual([{ value: 'a' }, { value: 'b' }])
    expect(isConfigured(state, { connector, task: 2 })).toBe(false)
  })

  test('a set that is as large as before needs no new assignment', () => {
    expect(folded(created, task(0), commit(1), task(0, 'w'), commit(1)).last).toMatchObject({ recounted: false })
  })

  test('an incomplete set is inconsistent: none of its tasks runs, those of the set before neither', () => {
    const { state, last } = folded(created, task(0), commit(1), task(1), commit(2))
    expect(last).toMatchObject({ change: 'tasks-updated', recounted: true })
    expect(state.connectors.get(connector)?.tasks).toBeUndefined()
    expect(taskIds(state, connector)).toEqual([])
  })

  test('a commit leaves nothing behind for the next one', () => {
    const { state } = folded(created, task(0), task(1), commit(2), task(0), commit(2))
    expect(state.connectors.get(connector)?.tasks).toBeUndefined()
  })

  test('KAFKA-16838: a commit before its connector is ignored, and so is what waited for it', () => {
    const { state, changes } = folded(task(0), commit(1), created, commit(1))
    expect(changes[1]).toEqual({ change: 'nothing' })
    expect(state.connectors.get(connector)?.tasks).toBeUndefined()
  })

  test('a new config leaves the tasks in force and says that new ones are due', () => {
    const { state } = folded(created, task(0), commit(1), created)
    const known = state.connectors.get(connector)
    expect(known).toMatchObject({ tasks: [{ value: 'v' }], version: 3, appliedVersion: 0 })
    expect(known && tasksDiffer(known, [{ value: 'v' }])).toBe(true)
  })

  test('a set is written anew only when it says something new', () => {
    const known = folded(created, task(0), commit(1)).state.connectors.get(connector)
    expect(known && tasksDiffer(known, [{ value: 'v' }])).toBe(false)
    expect(known && tasksDiffer(known, [{ value: 'w' }])).toBe(true)
    expect(known && tasksDiffer(known, [{ value: 'v', more: 'x' }])).toBe(true)
    expect(known && tasksDiffer(known, [{ other: 'v' }])).toBe(true)
    expect(known && tasksDiffer(known, [{ value: 'v' }, { value: 'v' }])).toBe(true)
    expect(known && tasksDiffer(known, [])).toBe(true)
  })
})

describe('connectors', () => {
  test('one that is deleted takes its tasks, waiting ones too, and keeps its count of tasks to fence (KIP-618)', () => {
    const fencing: ConfigRecord = { kind: 'fencing', connector, tasks: 2 }
    const { state, changes } = folded(created, task(0), commit(1), fencing, task(0), deleted, created, commit(1))
    expect(changes[5]).toEqual({ change: 'connector-removed', connector })
    expect(changes[6]).toEqual({ change: 'connector-added', connector })
    expect(state.connectors.get(connector)?.tasks).toBeUndefined()
    expect(state.fencings.get(connector)?.tasks).toBe(2)
  })

  test('a deletion of what is not there changes nothing', () => {
    expect(folded(deleted).last).toEqual({ change: 'nothing' })
  })

  test('its version is the position of its config, so that writing the same again is a change', () => {
    const { state, last } = folded(created, created)
    expect(last).toEqual({ change: 'connector-updated', connector })
    expect(state.connectors.get(connector)?.version).toBe(1)
  })
})

describe('target states', () => {
  test('one that is written before its connector holds from the start and is no change', () => {
    const { state, changes } = folded(target('PAUSED'), created)
    expect(changes).toEqual([{ change: 'nothing' }, { change: 'connector-added', connector }])
    expect(targetOf(state, connector)).toBe('PAUSED')
  })

  test('none, and one that was taken back, is STARTED', () => {
    const { state, last } = folded(created, target('STOPPED'), target(null))
    expect(last).toEqual({ change: 'target-changed', connector, target: 'STARTED' })
    expect(targetOf(state, connector)).toBe('STARTED')
  })

  test('the same again is no change', () => {
    expect(folded(created, target('STARTED')).last).toEqual({ change: 'nothing' })
    expect(folded(created, target('PAUSED'), target('PAUSED')).last).toEqual({ change: 'nothing' })
  })
})

test('a request to restart, a log level and a session key are told of; the last session key is remembered', () => {
  const sessionKey = { key: 'AA==', algorithm: 'HmacSHA256', createdAt: 7 }
  const { state, changes } = folded(
    { kind: 'restart', connector, includeTasks: true, onlyFailed: false },
    { kind: 'logger', logger: 'root', level: 'DEBUG' },
    { kind: 'session-key', sessionKey: { ...sessionKey, createdAt: 1 } },
    { kind: 'session-key', sessionKey },
  )
  expect(changes).toMatchObject([
    { change: 'restart', connector, includeTasks: true, onlyFailed: false },
    { change: 'logger', logger: 'root', level: 'DEBUG' },
    { change: 'session-key' },
    { change: 'session-key' },
  ])
  expect(state.sessionKey).toEqual(sessionKey)
})

test('a worker is to be drained until it is put back, and asking again is no change', () => {
  const drain = (askedAt: number | null): ConfigRecord => ({ kind: 'drain', worker: 'w:1', askedAt })
  const { state, changes, apply } = folded(drain(null), drain(7), drain(8))
  expect(changes).toEqual([{ change: 'nothing' }, { change: 'drain', worker: 'w:1' }, { change: 'nothing' }])
  expect(state.drains).toEqual(new Map([['w:1', 8]]))
  expect(apply(drain(null), 3)).toEqual({ change: 'drain', worker: 'w:1' })
  expect(state.drains).toEqual(new Map())
})

test('the offset is the position after the last record, skipped ones included, and -1 before the first', () => {
  const { state, apply } = folded()
  expect(state.offset).toBe(-1)
  expect(apply(undefined, 0)).toEqual({ change: 'nothing' })
  expect(state.offset).toBe(1)
  apply(created, 41)
  expect(state.offset).toBe(42)
})

describe('zombie fencing (KIP-618)', () => {
  const fencing = (tasks: number): ConfigRecord => ({ kind: 'fencing', connector, tasks })
  const set = (count: number) => [...Array.from({ length: count }, (_, n) => task(n)), commit(count)]
  const due = (...records: ConfigRecord[]) => fencingDue(folded(...records).state, connector)

  test('the first tasks with transactions have none before them to fence', () => {
    expect(due(created, ...set(3))).toEqual({ ids: 0, tasks: 3 })
  })

  test('each new set has to fence as many as there may have been, until it is written that it did', () => {
    expect(due(created, ...set(3), fencing(3))).toBeUndefined()
    expect(due(created, ...set(3), fencing(3), ...set(5))).toEqual({ ids: 3, tasks: 5 })
    expect(due(created, ...set(3), fencing(3), ...set(5), ...set(1))).toEqual({ ids: 3, tasks: 1 })
    expect(due(created, ...set(5), fencing(5), commit(0), fencing(0), ...set(2))).toEqual({ ids: 0, tasks: 2 })
  })

  test('one task takes the id from one task by itself', () => {
    expect(due(created, ...set(1), fencing(1), ...set(1))).toEqual({ ids: 0, tasks: 1 })
    expect(due(created, ...set(1), fencing(1), ...set(2))).toEqual({ ids: 1, tasks: 2 })
  })

  test('tasks of a deleted connector are still fenced when there is one of the same name again', () => {
    expect(due(created, ...set(2), fencing(2), deleted, created, ...set(1))).toEqual({ ids: 2, tasks: 1 })
  })

  test('of what is not there nothing is due', () => {
    expect(due()).toBeUndefined()
  })
})
