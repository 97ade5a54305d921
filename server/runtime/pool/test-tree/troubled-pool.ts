import { expect } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { type TargetState, type TaskId, taskName } from '#server/contract/connector.ts'
import type { Evidence, Unfinished } from '#server/core/stall.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import type { PluginHost, TaskEvidence, TaskStart } from '#server/runtime/plugin-host.ts'
import { createPluginPool } from '#server/runtime/pool/plugin-pool.ts'
import type { PluginPoolOptions } from '#server/runtime/pool/pool-options.ts'
import { noOffsets } from '#server/runtime/test-tree/no-offsets.ts'

export interface TroubledPool extends AsyncDisposable {
  host: PluginHost
  /** Everything that was told, in order: `a-0 RUNNING`. */
  told: string[]
  traces: Map<string, string>
  /** Lines of the pool and of its threads. */
  lines: { logger: string; message: string; at: number }[]
  reconfigured: string[]
  /** What connectors and tasks were last told to have unfinished. */
  unfinished: Map<string, readonly Unfinished[]>
  /** The same with when it was seen: of a connector, now. */
  evidence(name: string): Evidence
  /** All that threads have told of tasks, in order. */
  seen: TaskEvidence[]
  /** How often a task or connector said so. */
  count(what: string): number
  says(what: string, times?: number): Promise<void>
  line(pattern: RegExp): Promise<{ message: string; at: number }>
}

export const stringConverter = 'org.apache.kafka.connect.storage.StringConverter'

/** A pool of threads that run the troubled plugins against a broker. */
export async function openTroubledPool(
  bootstrapServers: string,
  {
    threads = 2,
    watchdogMs = 500,
    ...more
  }: { threads?: number; watchdogMs?: number } & Pick<
    PluginPoolOptions,
    'restAfterMs' | 'firstQuarantineMs' | 'recordBytes'
  > = {},
): Promise<TroubledPool> {
  const told: string[] = []
  const traces = new Map<string, string>()
  const lines: TroubledPool['lines'] = []
  const reconfigured: string[] = []
  const unfinished = new Map<string, readonly Unfinished[]>()
  const seen: TaskEvidence[] = []
  const levels = createLogLevels({ root: 'INFO', clock: systemClock })
  const logger = createLogger({
    name: 'pool',
    levels,
    clock: systemClock,
    sink: (line) => void lines.push(line),
  })
  const tell = (name: string, state: string, trace?: string) => {
    told.push(`${name} ${state}`)
    if (trace !== undefined) traces.set(name, trace)
  }
  const host = await createPluginPool({
    entry: new URL('./troubled-thread.ts', import.meta.url),
    threads,
    watchdogMs,
    ...more,
    worker: {
      'bootstrap.servers': bootstrapServers,
      'group.id': 'pool',
      'offset.storage.topic': 'pool-offsets',
      'offset.flush.interval.ms': '50',
      'key.converter': stringConverter,
      'value.converter': stringConverter,
      'header.converter': stringConverter,
      'consumer.session.timeout.ms': '6000',
      'consumer.heartbeat.interval.ms': '100',
      'config.providers': 'hang',
      'config.providers.hang.class': 'test.HangingConfigProvider',
    },
    offsets: noOffsets,
    ensureCurrent: async () => undefined,
    events: {
      connectorState: (name, state, trace) => tell(name, state, trace),
      taskState: (id, state, trace) => tell(taskName(id), state, trace),
      reconfigure: (name) => void reconfigured.push(name),
      configStale: () => undefined,
      activeTopic: () => undefined,
      recordsLeftOut: (id, count, reason) => tell(taskName(id), `leaves out ${count}: ${reason}`),
      measured: () => undefined,
      connectorProgress: (name, left) => void unfinished.set(name, left),
      progress(tasks) {
        seen.push(...tasks)
        for (const { task, unfinished: left } of tasks) unfinished.set(taskName(task), left)
      },
      log: (line) => void lines.push(line),
    },
    clock: systemClock,
    logger,
  })
  const count = (what: string) => told.filter((one) => one === what).length
  return {
    host,
    told,
    traces,
    lines,
    reconfigured,
    unfinished,
    seen,
    evidence: (name) =>
      seen.findLast(({ task }) => taskName(task) === name) ?? {
        unfinished: unfinished.get(name) ?? [],
        at: systemClock.monotonic(),
      },
    count,
    says: (what, times = 1) => expect.poll(() => count(what), { timeout: 20_000 }).toBeGreaterThanOrEqual(times),
    async line(pattern) {
      const found = () => lines.find(({ message }) => pattern.test(message))
      await expect.poll(found, { timeout: 20_000 }).toBeDefined()
      return found() as { message: string; at: number }
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}

export const source = (id: TaskId, config: Record<string, string>, target: TargetState = 'STARTED') =>
  start('test.TickSourceConnector', id, config, target)
export const sink = (id: TaskId, config: Record<string, string>, target: TargetState = 'STARTED') =>
  start('test.DrainSinkConnector', id, config, target)

function start(type: string, id: TaskId, config: Record<string, string>, target: TargetState): TaskStart {
  const own = { 'connector.class': type, name: id.connector, ...config }
  return { id, connectorConfig: own, taskConfig: own, target, tasksVersion: 1, generation: 1 }
}
