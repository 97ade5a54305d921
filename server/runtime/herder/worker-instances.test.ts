import { expect, test } from 'vitest'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { createConfigFold } from '#server/core/config-fold.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createWorkerInstances } from '#server/runtime/herder/worker-instances.ts'
import { createStages } from '#server/runtime/stages.ts'
import type { StatusStore } from '#server/runtime/status-store.ts'
import { createFakeClock, settled } from '#server/runtime/test-tree/fake-clock.ts'
import { createOwnership } from '#server/runtime/test-tree/ownership.ts'
import { sourceClass } from '#server/runtime/test-tree/plugins.ts'
import { createTestHost } from '#server/runtime/test-tree/test-host.ts'

test('task configs that are still due after a rebalance are asked for again, those in force are not', async () => {
  const clock = createFakeClock()
  const fold = createConfigFold()
  const submitted: string[] = []
  let lost = true
  const config: ConnectorConfig = { 'connector.class': sourceClass, topic: 't' }
  fold.apply({ kind: 'connector', connector: 'c', config }, 0)
  const ownership = createOwnership()
  const instances = createWorkerInstances({
    config: {
      topicTracking: { enabled: false, resettable: false },
      taskStopTimeoutMs: 1,
      restart: { enabled: false } as never,
      stallIntervalMs: 0,
    },
    url: 'http://me:1/',
    metrics: {
      heard: () => undefined,
      readStalls: () => undefined,
      readTaskless: () => undefined,
      readMemory: () => undefined,
    },
    events: { write: () => undefined },
    attempts: { begin: () => undefined },
    host: createTestHost('me', { ownership, wishes: {}, events: {} as never }),
    configs: fold,
    statuses: { state: fold.state, put: () => undefined, remove: () => undefined } as unknown as StatusStore,
    held: () => ({ connectors: ['c'], tasks: [] }),
    generation: () => 1,
    fence: async () => undefined,
    async submitTaskConfigs(connector, tasks) {
      submitted.push(connector)
      // A leader that dies before it has written what it took.
      if (lost) return
      for (const [task, own] of tasks.entries()) {
        fold.apply({ kind: 'task', id: { connector, task }, config: own }, submitted.length * 10 + task)
      }
      fold.apply({ kind: 'commit', connector, tasks: tasks.length }, submitted.length * 10 + 9)
    },
    signal: new AbortController().signal,
    clock,
    logger: quietLogger,
    stages: createStages(clock),
  })
  instances.connectors.reconcile()
  await instances.connectors.idle()
  await settled()
  expect(submitted).toEqual(['c'])
  lost = false
  instances.askWhereDue()
  await settled()
  expect(submitted).toEqual(['c', 'c'])
  instances.askWhereDue()
  await settled()
  expect(submitted).toEqual(['c', 'c'])
})
