import { createLifecycle } from '#server/contract/lifecycle.ts'
import { type ConfigChange, taskIds } from '#server/core/config-fold.ts'
import { noWork, type Work } from '#server/core/work.ts'
import { workerIdOf } from '#server/core/worker-id.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { clientSettings } from '#server/kafka/client-settings.ts'
import { parseThreshold } from '#server/observe/log-levels.ts'
import { checkPlugins } from '#server/runtime/check-plugins.ts'
import type { Engine } from '#server/runtime/engine.ts'
import { createAttempts } from '#server/runtime/events/attempts.ts'
import { createEventLog } from '#server/runtime/events/event-log.ts'
import { linesAsEvents } from '#server/runtime/events/lines-as-events.ts'
import { ownPlace } from '#server/runtime/events/own-place.ts'
import { createConfigReactions } from '#server/runtime/herder/config-reactions.ts'
import { createConnectorLogLevels } from '#server/runtime/herder/connector-log-levels.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import { createHealth } from '#server/runtime/herder/health.ts'
import { createRunningHerder } from '#server/runtime/herder/herder.ts'
import { createHostEvents } from '#server/runtime/herder/host-events.ts'
import { levelsOfThreads } from '#server/runtime/herder/levels-of-threads.ts'
import { createWorkerInstances, type WorkerInstances } from '#server/runtime/herder/worker-instances.ts'
import { describedBy } from '#server/runtime/metrics/described-by.ts'
import { openPool } from '#server/runtime/open-pool.ts'
import { createConfigMemory } from '#server/runtime/standalone/config-memory.ts'
import { createFileOffsetStore } from '#server/runtime/standalone/file-offset-store.ts'
import { finishing } from '#server/runtime/standalone/finishing.ts'
import { createOffsetFile } from '#server/runtime/standalone/offset-file.ts'
import { createStatusMemory } from '#server/runtime/standalone/status-memory.ts'
import type { StandaloneConfig } from '#server/runtime/worker-config.ts'
import type { EngineStart, LoneWorkerOptions } from '#server/runtime/worker-options.ts'

/** Statuses of a worker without a group are all of one generation (Kafka: `StandaloneHerder.generation`). */
const generation = 0

/**
 * Puts a standalone worker together (Kafka: `StandaloneHerder`): what a worker of a group consists of, with everything its
 * own, configs and statuses in memory, and offsets in a file. Disposing of it stops its work and commits.
 */
export async function startStandaloneEngine(
  options: LoneWorkerOptions<StandaloneConfig> & EngineStart,
): Promise<Engine> {
  const { config, url, clock, stages, signal, levels, memory, metrics } = options
  const logger = options.logger
  const herderLogger = logger.child('herder')
  const lifecycle = createLifecycle()
  try {
    return await start()
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]()
    throw error
  }

  async function start(): Promise<Engine> {
    const client = lifecycle.own(
      createKafkaClient({
        ...clientSettings(config.properties),
        clientId: `sluice-${config.clientIdStem}`,
        clock,
        logger: logger.child('kafka'),
      }),
    )
    const offsets = lifecycle.own(
      createFileOffsetStore({ file: createOffsetFile(config.offsetFile), logger: logger.child('storage') }),
    )
    let instances: WorkerInstances | undefined
    const attempts = createAttempts()
    const events = lifecycle.own(
      createEventLog({
        ...ownPlace(options),
        ...{ worker: () => workerIdOf(url), attempts, clock, logger: logger.child('events') },
      }),
    )
    lifecycle.defer(linesAsEvents(memory, events))
    const hostEvents = createHostEvents({ ...options, instances: () => instances, logger: herderLogger })
    const opening = openPool(lifecycle, signal, (givenUp) =>
      options.createPool({
        threads: config.threads,
        recordBytes: config.recordBytes,
        worker: config.properties,
        offsets,
        ensureCurrent: async () => undefined, // asked of workers of a group alone
        events: hostEvents,
        signal: givenUp,
        clock,
        logger: logger.child('pool'),
      }),
    )
    const [host] = await stages.run('reading its offsets and loading its plugins', () =>
      Promise.all([opening, offsets.start(signal)]),
    )
    checkPlugins(config, host)
    host.setLogLevel('root', parseThreshold(config.logLevel) ?? 'INFO')

    let react: (change: ConfigChange) => void = () => undefined // until there are instances
    const configs = createConfigMemory((change) => react(change))
    await configs.start(signal)
    const statuses = createStatusMemory(host.forgetTopic)
    let stopping = false
    const held = (): Work => {
      if (stopping) return noWork
      const connectors = [...configs.state.connectors.keys()]
      return { connectors, tasks: connectors.flatMap((connector) => taskIds(configs.state, connector)) }
    }
    const parts = createWorkerInstances({
      config,
      url,
      host,
      configs,
      statuses,
      held,
      generation: () => generation,
      fence: async () => undefined,
      submitTaskConfigs: (connector, made) => configs.putTasks(connector, made),
      metrics,
      events,
      attempts,
      signal,
      clock,
      logger: herderLogger,
      stages,
    })
    instances = parts
    const { connectors, tasks, recoveries } = parts
    const reconcile = () => {
      connectors.reconcile()
      tasks.reconcile()
    }
    const alone = {
      state: 'member' as const,
      generation,
      protocol: 'standalone',
      isLeader: true,
      leaderUrl: url,
      delayUntil: 0,
    }
    const context: HerderContext = {
      config,
      url,
      admin: createAdmin(client),
      configs,
      statuses,
      offsets,
      host,
      membership: { settled: async () => alone },
      assignment: { members: () => [{ memberId: url, url, work: held(), leaving: noWork }] },
      // Nothing is ever shared out anew.
      rebalances: { latest: () => null, underWay: () => null },
      connectors,
      tasks,
      recoveries,
      stalls: parts.stalls.current,
      taskless: parts.taskless.current,
      throughput: metrics.throughput,
      levels: levelsOfThreads(levels, host),
      memory,
      events,
      attempts,
      stages,
      clock,
      logger: herderLogger,
      clusterId: () => client.clusterId(),
    }
    metrics.describeBy(describedBy({ configs, host, config }))
    const herder = createRunningHerder(context)
    const reactions = createConfigReactions({
      connectorLevels: createConnectorLogLevels({
        configs,
        apply: context.levels.setFor,
        clock,
        signal,
      }),
      ...context,
      membership: { configMoved: reconcile },
      restartRequested: herder.restartRequested,
    })
    react = (change) => {
      if (change.change === 'connector-removed') void statuses.removeTopics(change.connector)
      reactions(change)
    }

    lifecycle.defer(async () => {
      stopping = true
      reconcile()
      await Promise.all([connectors.idle(), tasks.idle()])
    })
    return {
      herder: finishing(herder, { configs, statuses, connectors, tasks, publisher: parts.publisher }),
      sessionKey: () => null,
      health: createHealth({
        membership: { settled: context.membership.settled, generation: () => generation },
        stages,
        clock,
      }),
      [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
    }
  }
}
