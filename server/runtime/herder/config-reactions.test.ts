import { expect, test } from 'vitest'
import { type ConfigChange, createConfigFold } from '#server/core/config-fold.ts'
import { createConfigReactions } from '#server/runtime/herder/config-reactions.ts'

/** What a change makes a worker do, as the names of what it calls. */
function reactionTo(change: ConfigChange): string[] {
  const log: string[] = []
  const react = createConfigReactions({
    configs: createConfigFold(),
    membership: { configMoved: (offset) => void log.push(`rebalance from ${offset}`) },
    connectors: { reconcile: () => void log.push('connectors') },
    tasks: { reconcile: () => void log.push('tasks') },
    levels: { set: (logger: string, level: string) => void log.push(`${logger}=${level}`) } as never,
    memory: { forget: (connector: string) => void log.push(`forget ${connector}`) } as never,
    attempts: { forget: (connector) => void log.push(`forget starts of ${connector}`) },
    connectorLevels: { changed: (connector) => void log.push(`level of ${connector}`) },
    restartRequested: (connector, { includeTasks, onlyFailed }) =>
      void log.push(`restart ${connector} ${includeTasks} ${onlyFailed}`),
  })
  react(change)
  return log
}

const connector = 'c'

test('a group is balanced anew only when connectors or tasks come or go, or a worker is drained or put back', () => {
  expect(reactionTo({ change: 'connector-added', connector })).toEqual(['rebalance from -1'])
  expect(reactionTo({ change: 'drain', worker: 'w:1' })).toEqual(['rebalance from -1'])
  expect(reactionTo({ change: 'connector-removed', connector })).toEqual([
    'forget c',
    'forget starts of c',
    'level of c',
    'connectors',
    'tasks',
    'rebalance from -1',
  ])
  expect(reactionTo({ change: 'tasks-updated', connector, recounted: true })).toEqual(['tasks', 'rebalance from -1'])
  expect(reactionTo({ change: 'tasks-updated', connector, recounted: false })).toEqual(['tasks'])
  expect(reactionTo({ change: 'connector-updated', connector })).toEqual(['connectors'])
  expect(reactionTo({ change: 'target-changed', connector, target: 'PAUSED' })).toEqual(['connectors', 'tasks'])
})

test('what is logged of a connector is kept to by every worker', () => {
  expect(reactionTo({ change: 'connector-log-level', connector })).toEqual(['level of c'])
})

test('restarts and log levels are carried out by every worker; what nobody understands changes nothing', () => {
  expect(reactionTo({ change: 'restart', connector, includeTasks: true, onlyFailed: false })).toEqual([
    'restart c true false',
  ])
  expect(reactionTo({ change: 'logger', logger: 'sluice', level: 'debug' })).toEqual(['sluice=DEBUG'])
  expect(reactionTo({ change: 'logger', logger: 'sluice', level: 'LOUD' })).toEqual([])
  expect(reactionTo({ change: 'session-key' })).toEqual([])
  expect(reactionTo({ change: 'nothing' })).toEqual([])
})
