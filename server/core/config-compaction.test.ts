import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ConfigState,
  type ConfiguredConnector,
  taskCounts,
  tasksAreDue,
  tasksDiffer,
} from '#server/core/config-fold.ts'
import {
  type Compaction,
  compact,
  compactions,
  historyOf,
  type Operation,
  operations,
  replay,
} from '#server/core/testdata/config-history.ts'

/** Everything but task configs, which a compaction may take. */
const withoutTasks = ({ connectors, targets, fencings, drains, sessionKey }: ConfigState) => ({
  connectors: [...connectors].map(([name, { config, version }]) => ({ name, config, version })).sort(byName),
  targets: [...targets].sort(),
  fencings: [...fencings].sort(),
  drains: [...drains].sort(),
  sessionKey,
})
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

const runsNothing = ({ tasks }: ConfiguredConnector) => (tasks?.length ?? 0) === 0

const runs = { numRuns: 1500 }

describe('I11: whatever a compaction takes from the config topic', () => {
  test('connectors, targets, fencing counts, drains and the session key stay as they were', () => {
    fc.assert(
      fc.property(operations, fc.boolean().chain(compactions), (done, compaction) => {
        const history = historyOf(done)
        expect(withoutTasks(replay(compact(history, compaction)))).toEqual(withoutTasks(replay(history)))
      }),
      runs,
    )
  })

  test('a connector keeps its tasks unless new ones were due before, as every worker knew', () => {
    fc.assert(
      fc.property(operations, fc.boolean().chain(compactions), (done, compaction) => {
        const history = historyOf(done)
        const whole = replay(history)
        const compacted = replay(compact(history, compaction))
        for (const [name, connector] of whole.connectors) {
          if (!tasksAreDue(connector)) expect(compacted.connectors.get(name)).toEqual(connector)
        }
      }),
      runs,
    )
  })

  test('nothing runs after it that did not run before', () => {
    fc.assert(
      fc.property(operations, compactions(true), (done, compaction) => {
        const history = historyOf(done)
        const whole = replay(history)
        for (const [name, connector] of replay(compact(history, compaction)).connectors) {
          const same = connector.tasksVersion === whole.connectors.get(name)?.tasksVersion
          expect(same || runsNothing(connector)).toBe(true)
        }
      }),
      runs,
    )
  })
})

describe('what a worker finds that starts after the topic was compacted', () => {
  const everything: Compaction = { readBefore: 0, cleanedTo: 1000, dropsTombstones: true }
  const configure: Operation = { does: 'configure', connector: 'a', config: { value: 'config' } }
  const tasks = (...values: string[]): Operation => ({
    does: 'tasks',
    connector: 'a',
    configs: values.map((value) => ({ value })),
  })
  const torn: Operation = { does: 'torn', connector: 'a', configs: [{ value: '3' }] }
  const found = (...done: Operation[]) => replay(compact(historyOf(done), everything))

  test('a set that shrank is whole, although records of its former tasks remain', () => {
    const state = found(configure, tasks('1', '2', '3'), tasks('4'))
    expect(state.connectors.get('a')?.tasks).toEqual([{ value: '4' }])
  })

  test('a stopped connector has no tasks and is not inconsistent, so its offsets can be changed', () => {
    const state = found(configure, tasks('1', '2'), { does: 'stop', connector: 'a' })
    expect(state.connectors.get('a')).toMatchObject({ tasks: [], appliedVersion: 0 })
    expect(state.targets.get('a')).toBe('STOPPED')
  })

  test('KAFKA-16838: tasks of a deleted connector do not come back with one of the same name', () => {
    const state = found(configure, tasks('1', '2'), { does: 'delete', connector: 'a' }, configure)
    expect(taskCounts(state)).toEqual(new Map([['a', 0]]))
    expect(tasksAreDue(state.connectors.get('a') as ConfiguredConnector)).toBe(true)
  })

  test('KAFKA-17719: a config that was changed after its tasks were written is due for new ones', () => {
    const state = found(configure, tasks('1'), configure)
    expect(taskCounts(state)).toEqual(new Map([['a', 0]]))
    expect(tasksAreDue(state.connectors.get('a') as ConfiguredConnector)).toBe(true)
  })

  test('a set that a crash cut off and compaction mixed with the one before runs nowhere', () => {
    const state = found(configure, tasks('1', '2'), torn)
    expect(state.connectors.get('a')?.tasks).toBeUndefined()
    expect(taskCounts(state)).toEqual(new Map([['a', 0]]))
  })

  test('its owner, which read all of that before, writes the set anew', () => {
    const owner = replay(historyOf([configure, tasks('1', '2'), torn])).connectors.get('a') as ConfiguredConnector
    expect(owner.tasks).toEqual([{ value: '1' }, { value: '2' }])
    expect(tasksDiffer(owner, [{ value: '1' }, { value: '2' }])).toBe(true)
  })
})
