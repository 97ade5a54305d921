import { type ConnectorConfig, type InstanceState, type TaskId, taskName } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import type { ConfigChange } from '#server/core/config-fold.ts'
import type { Work } from '#server/core/work.ts'
import { workerIdOf } from '#server/core/worker-id.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { clientSettings } from '#server/kafka/client-settings.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { parseThreshold } from '#server/observe/log-levels.ts'
import { checkPlugins } from '#server/runtime/check-plugins.ts'
import { watchCompaction } from '#server/runtime/compaction-watch.ts'
import { createConfigStore } from '#server/runtime/config-store.ts'
import { createAttempts } from '#server/runtime/events/attempts.ts'
import { createEventLog } from '#server/runtime/events/event-log.ts'
import { createEventTopic } from '#server/runtime/events/event-topic.ts'
import { linesAsEvents } from '#server/runtime/events/lines-as-events.ts'
import { ownPlace } from '#server/runtime/events/own-place.ts'
import { createGroupAssignment } from '#server/runtime/group-assignment.ts'
import { checkNeighbours } from '#server/runtime/group-neighbours.ts'
import { createConfigReactions } from '#server/runtime/herder/config-reactions.ts'
import { createConnectorLogLevels } from '#server/runtime/herder/connector-log-levels.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import { createHealth } from '#server/runtime/herder/health.ts'
import { createRunningHerder, type RunningHerder } from '#server/runtime/herder/herder.ts'
import { createHostEvents, type Instances } from '#server/runtime/herder/host-events.ts'
import { createLeaderDuties } from '#server/runtime/herder/leader-duties.ts'
import { levelsOfThreads } from '#server/runtime/herder/levels-of-threads.ts'
import { connectorTypeOf } from '#server/runtime/herder/plugins.ts'
import { createPreflightFencing } from '#server/runtime/herder/preflight-fencing.ts'
import { createSessionSigning, type SessionSigning } from '#server/runtime/herder/session-signing.ts'
import { createWorkerInstances } from '#server/runtime/herder/worker-instances.ts'
import { createMembership } from '#server/runtime/membership.ts'
import { describedBy } from '#server/runtime/metrics/described-by.ts'
import { createOffsetStore } from '#server/runtime/offset-store.ts'
import { openPool } from '#server/runtime/open-pool.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import { createRebalanceHistory } from '#server/runtime/rebalance-history.ts'
import { createStatusStore } from '#server/runtime/status-store.ts'
import { within } from '#server/runtime/within.ts'
import type { EngineStart, WorkerOptions } from '#server/runtime/worker-options.ts'

/** A worker that has read its topics and takes part in its group; disposing of it leaves the group cleanly. */
export interface Engine extends AsyncDisposable {
  readonly herder: RunningHerder
  readonly sessionKey: SessionSigning['sessionKey']
  readonly health: ReturnType<typeof createHealth>
}

export interface EngineOptions extends WorkerOptions, EngineStart {}

/** How long to wait until everybody can read what was put down; without Kafka nobody ever can. */
const tellWithinMs = 5_000

/**
 * Puts a worker together and lets it join its group. The parts reach each other through functions, because they depend
 * on each other in a circle: membership gives work to the instances, instances report, reports carry the generation.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
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
    const client = createKafkaClient({
      ...clientSettings(config.properties),
      clientId: `sluice-${config.clientIdStem}`,
      clock,
      logger: logger.child('kafka'),
    })
    const admin = createAdmin(client)
    const producer = lifecycle.own(createProducer(client, { acks: -1, idempotent: true }))
    const shared = { client, admin, clock, logger: logger.child('storage'), mayCreate: (): Promise<unknown> => checked }
    const rebalances = createRebalanceHistory({ write: (event) => events.write(event), clock })
    let react: (change: ConfigChange) => void = () => undefined // until something runs here that could
    let onPutDown: () => void = () => undefined // until this worker is in its group
    const configs = lifecycle.own(
      createConfigStore({
        ...shared,
        topic: config.configTopic,
        leaderTransactionalId: config.exactlyOnce === 'disabled' ? undefined : `connect-cluster-${config.groupId}`,
        onChange: (change) => react(change),
      }),
    )
    let pool: PluginHost | undefined
    const statuses = lifecycle.own(
      createStatusStore({
        ...{ ...shared, producer, topic: config.statusTopic },
        onStatus(instance, status) {
          rebalances.heard('connector' in instance ? instance : instance.task, status)
          if (status?.state === 'UNASSIGNED' && status.workerId !== workerIdOf(url)) onPutDown()
        },
        onTopicForgotten: (connector, topic) => pool?.forgetTopic(connector, topic),
      }),
    )
    const offsets = lifecycle.own(createOffsetStore({ ...shared, producer, topic: config.offsetTopic }))
    // Closed before those who write and read with it: none of them waits for a Kafka that is away.
    lifecycle.own(client)
    const { eventsTopic } = config
    const attempts = createAttempts()
    const events = lifecycle.own(
      createEventLog({
        ...(eventsTopic && { openTopic: (more) => createEventTopic({ ...shared, ...more, topic: eventsTopic }) }),
        ...ownPlace(options),
        ...{ worker: () => workerIdOf(url), attempts, clock, logger: logger.child('events') },
      }),
    )
    lifecycle.defer(linesAsEvents(memory, events))
    lifecycle.defer(() => rebalances[Symbol.dispose]())

    let instances: Instances | undefined
    const hostEvents = createHostEvents({ ...options, instances: () => instances, logger: herderLogger })
    const opening = openPool(lifecycle, signal, (givenUp) =>
      options.createPool({
        threads: config.threads,
        recordBytes: config.recordBytes,
        worker: config.properties,
        offsets,
        ensureCurrent,
        events: hostEvents,
        signal: givenUp,
        clock,
        logger: logger.child('pool'),
      }),
    )
    const { configTopic, offsetTopic, statusTopic } = config
    const topics = { configs: configTopic.name, offsets: offsetTopic.name, statuses: statusTopic.name }
    const mayJoin = () => checkNeighbours(admin, { groupId: config.groupId, topics, url, logger: herderLogger })
    /** A worker that is refused leaves nothing behind in Kafka. */
    const checked: Promise<unknown> = Promise.all([
      opening.then((host) => checkPlugins(config, host)),
      ...[mayJoin(), configs.check(), statuses.check(), offsets.check()],
    ])
    const [host] = await stages.run('reading its topics and loading its plugins', () =>
      Promise.all([opening, configs.start(signal), statuses.start(signal), offsets.start(signal), checked]),
    )
    pool = host

    host.setLogLevel('root', parseThreshold(config.logLevel) ?? 'INFO')

    const generation = () => membership.generation()
    const parts = createWorkerInstances({
      config,
      url,
      host,
      configs,
      statuses,
      held: () => membership.held(),
      generation,
      fence,
      submitTaskConfigs,
      metrics,
      events,
      attempts,
      signal,
      clock,
      logger: herderLogger,
      stages,
    })
    instances = parts
    const { connectors, tasks, reports, recoveries } = parts

    const duties = createLeaderDuties({ ...config, configs, statuses, reports, events, clock, logger: herderLogger })
    const assignment = createGroupAssignment({
      maxDelayMs: config.group.maxRebalanceDelayMs,
      configs,
      lastCompletedGeneration: generation,
      readStatuses: () => statuses.readToEnd(signal),
      putDown: (work) => statesOf(work).every((state) => state === undefined || state === 'UNASSIGNED'),
      saidGoodbye: (work) => statesOf(work).every((state) => state === 'UNASSIGNED'),
      clock,
      roundBegunAt: () => membership.roundBegunAt(),
      onDealt: rebalances.dealt,
      onAssigned: duties.markDeparted,
    })
    const warnings = watchCompaction({
      topics: Object.values(topics),
      ...{ admin, clock, signal, events, logger: herderLogger },
    })
    let leading = new AbortController()
    const membership = createMembership({
      client,
      config,
      url,
      topics,
      mayJoin,
      configs,
      assign: assignment.assign,
      onHeld() {
        connectors.reconcile()
        tasks.reconcile()
      },
      async putDown(work) {
        await Promise.all([connectors.idle(work.connectors), tasks.idle(work.tasks.map(taskName))])
        await within(clock, tellWithinMs, statuses.flush())
      },
      onLost() {
        leading.abort()
        configs.abandonWrites()
        rebalances.lost()
      },
      onAnswered: (what, tookMs) => metrics.grouped(what, tookMs),
      onSettled({ isLeader, protocol, generation }) {
        rebalances.settled({ isLeader, generation })
        metrics.rebalanced(clock.monotonic() - membership.roundBegunAt())
        leading.abort()
        parts.askWhereDue()
        if (!isLeader) return configs.resign()
        leading = new AbortController()
        // At once, so that nothing that the leader before left open keeps readers waiting.
        void configs.claim().catch(() => undefined) // logged; whoever writes claims it again
        if (protocol === 'sessioned') void duties.keepSessionKey(AbortSignal.any([leading.signal, signal]))
        void duties.cleanStatuses().catch((error: unknown) => {
          herderLogger.warn('Statuses of what no longer exists could not be taken back', { error })
        })
      },
      clock,
      logger: logger.child('membership'),
      stages,
    })
    const signing = createSessionSigning({ configs, membership, config })
    const context: HerderContext = {
      config,
      url,
      admin,
      configs,
      statuses,
      offsets,
      host,
      membership,
      assignment,
      rebalances,
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
    metrics.describeBy(describedBy({ configs, host, config }), () => {
      const view = membership.view()
      const { connectors: heldConnectors, tasks: heldTasks } = membership.held()
      const place = {
        clientId: client.clientId,
        assigned: { connectors: heldConnectors.length, tasks: heldTasks.length },
        lastAnswerAt: membership.lastAnswerAt(),
      }
      return view.state === 'member'
        ? { ...place, protocol: view.protocol, leader: view.leaderUrl, generation: view.generation, rebalancing: false }
        : { ...place, protocol: config.group.protocol, leader: '', generation: generation(), rebalancing: true }
    })
    const herder = createRunningHerder(context)
    react = createConfigReactions({
      connectorLevels: createConnectorLogLevels({
        configs,
        apply: context.levels.setFor,
        clock,
        signal,
      }),
      ...context,
      membership,
      restartRequested: herder.restartRequested,
    })

    const preflight = createPreflightFencing({
      membership,
      asLeader: (connector) => herder.fenceZombies(connector),
      peers: options.peers,
      sign: signing.sign,
      clock,
      logger: herderLogger,
    })

    /** Before a task starts that writes with transactions. */
    async function fence(connector: string, overtaken: AbortSignal): Promise<void> {
      const found = configs.state.connectors.get(connector)
      if (config.exactlyOnce !== 'enabled' || !found) return
      if (connectorTypeOf(host.definitions(), found.config) !== 'source') return
      await preflight(connector, AbortSignal.any([overtaken, signal]))
    }

    /** I7: asked by a task that took its transactional id, and may have taken it from a newer one. */
    async function ensureCurrent(task: TaskId, tasksVersion: number): Promise<void> {
      await configs.readToEnd(signal)
      const newest = configs.state.connectors.get(task.connector)?.tasksVersion
      if (newest === tasksVersion && membership.held().tasks.some((held) => taskName(held) === taskName(task))) return
      throw new ConnectError(
        'CONFIG_CHANGED',
        `Cannot start source task ${taskName(task)} with exactly-once support as the connector has already generated a new set of task configs`,
      )
    }

    async function submitTaskConfigs(connector: string, made: ConnectorConfig[]): Promise<void> {
      const view = await membership.settled(signal)
      if (view.isLeader) return herder.acceptTaskConfigs(connector, made)
      return options.peers.submitTaskConfigs(view.leaderUrl, connector, made, signing.sign, signal)
    }

    function tellWorker(change: 'started' | 'stopping'): void {
      const message = change === 'started' ? 'The worker has started' : 'The worker stops'
      events.write({ kind: 'worker', level: 'INFO', message, detail: { change } })
    }

    /** What is said of each piece of work; undefined where nothing is. */
    function statesOf(work: Work): (InstanceState | undefined)[] {
      const { state } = statuses
      return [
        ...work.connectors.map((connector) => state.connectors.get(connector)?.state),
        ...work.tasks.map((task) => state.tasks.get(taskName(task))?.status.state),
      ]
    }

    onPutDown = membership.workPutDown
    lifecycle.own(membership)
    lifecycle.defer(() => membership.stop())
    lifecycle.defer(() => tellWorker('stopping'))
    void membership.run()
    tellWorker('started')
    return {
      herder,
      sessionKey: signing.sessionKey,
      health: createHealth({ membership, stages, clock, warnings }),
      [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
    }
  }
}
