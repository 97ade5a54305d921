import type { Health } from '#server/contract/connector.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import { createAssignments } from '#server/runtime/herder/assignments.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import { createDrains } from '#server/runtime/herder/drains.ts'
import { type AsLeader, createAsLeader } from '#server/runtime/herder/leadership.ts'
import { createOffsetChanges } from '#server/runtime/herder/offset-changes.ts'
import { createReads } from '#server/runtime/herder/reads.ts'
import { createRestarts, type Restarts } from '#server/runtime/herder/restarts.ts'
import { createTrials } from '#server/runtime/herder/trials.ts'
import { createValidation } from '#server/runtime/herder/validation.ts'
import { createWrites, type Writes } from '#server/runtime/herder/writes.ts'
import { createZombieFencing } from '#server/runtime/herder/zombie-fencing.ts'

/** The compatible version of Kafka Connect: clients gate on it. */
export const kafkaVersion = '4.3.1'
const commit = '0000000000000000'

/** The herder of a worker that has read its topics. */
export interface RunningHerder extends Omit<Herder, 'root' | 'health'>, Pick<InternalHerder, 'acceptTaskConfigs'> {
  restartRequested: Restarts['requested']
  fenceZombies: InternalHerder['fenceZombies']
}

/** Joins the parts; each one is a few methods of the port. */
export function createRunningHerder(context: HerderContext): RunningHerder {
  const asLeader: AsLeader = createAsLeader(context.membership, context.configs, context.stages)
  const validation = createValidation(context)
  const writes: Writes = createWrites(context, asLeader, validation)
  const { requested, ...restarts } = createRestarts(context, asLeader)
  const fenceZombies = createZombieFencing(context, asLeader)
  const reads = createReads(context)
  return {
    ...reads,
    ...createAssignments(context, reads.cluster),
    ...writes,
    ...restarts,
    ...createOffsetChanges(context, asLeader, fenceZombies),
    ...createDrains(context, asLeader),
    validate: (_plugin, config) => validation.validate(config),
    ...createTrials(context, validation),
    restartRequested: requested,
    fenceZombies,
  }
}

/** The port while the worker starts: whatever needs the topics waits for them, and a request's own timeout says why. */
export function createHerder(options: {
  running: Promise<RunningHerder>
  clusterId(): Promise<string>
  health(): Promise<Health>
}): Herder & Pick<InternalHerder, 'acceptTaskConfigs' | 'fenceZombies'> {
  const { running } = options
  const later = <Name extends Exclude<keyof RunningHerder, 'restartRequested'>>(name: Name) =>
    (async (...args: unknown[]) => {
      const herder = await running
      return (herder[name] as (...given: unknown[]) => unknown)(...args)
    }) as RunningHerder[Name]
  return {
    root: async () => ({ version: kafkaVersion, commit, kafkaClusterId: await options.clusterId() }),
    health: options.health,
    list: later('list'),
    listExpanded: later('listExpanded'),
    info: later('info'),
    config: later('config'),
    status: later('status'),
    create: later('create'),
    putConfig: later('putConfig'),
    patchConfig: later('patchConfig'),
    delete: later('delete'),
    setTargetState: later('setTargetState'),
    stop: later('stop'),
    restart: later('restart'),
    tasks: later('tasks'),
    taskStatus: later('taskStatus'),
    restartTask: later('restartTask'),
    activeTopics: later('activeTopics'),
    resetActiveTopics: later('resetActiveTopics'),
    offsets: later('offsets'),
    alterOffsets: later('alterOffsets'),
    resetOffsets: later('resetOffsets'),
    plugins: later('plugins'),
    pluginConfig: later('pluginConfig'),
    validate: later('validate'),
    preview: later('preview'),
    testConnection: later('testConnection'),
    loggers: later('loggers'),
    setLogLevel: later('setLogLevel'),
    cluster: later('cluster'),
    assignments: later('assignments'),
    drain: later('drain'),
    undrain: later('undrain'),
    logs: later('logs'),
    events: later('events'),
    async *followEvents(filter, after, signal) {
      yield* (await running).followEvents(filter, after, signal)
    },
    recoveries: later('recoveries'),
    stalls: later('stalls'),
    taskless: later('taskless'),
    throughput: later('throughput'),
    policies: later('policies'),
    connectorLogLevel: later('connectorLogLevel'),
    setConnectorLogLevel: later('setConnectorLogLevel'),
    pluginPackages: later('pluginPackages'),
    catalog: later('catalog'),
    recordPlugins: later('recordPlugins'),
    acceptTaskConfigs: later('acceptTaskConfigs'),
    fenceZombies: later('fenceZombies'),
  }
}
