import type { Clock } from '#server/contract/clock.ts'
import type { ConnectorOffset, TargetState, TaskId } from '#server/contract/connector.ts'
import { taskName } from '#server/contract/connector.ts'
import { ConnectError, traceOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createProducer, type Producer } from '#server/kafka/producer.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import type { TaskStart } from '#server/runtime/plugin-host.ts'
import { aliasesOf, definitionsOf, type PluginCatalog } from '#server/runtime/pool/plugin-definitions.ts'
import {
  connectThread,
  type MainMethods,
  type MessageEnd,
  type ThreadEvents,
  type ThreadMethods,
} from '#server/runtime/pool/thread-call.ts'
import { createSinkRunner } from '#server/runtime/task/sink-runner.ts'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'
import { createSourceRunner } from '#server/runtime/task/source-runner.ts'
import { createTaskConverters } from '#server/runtime/task/task-converters.ts'
import type { TaskRunner } from '#server/runtime/task/task-runner.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import {
  type ConnectorInstance,
  type ConnectorPlugin,
  pluginKind,
  type SinkPlugin,
  type SourcePlugin,
} from '#server/sdk/connector.ts'
import type { OffsetMap } from '#server/sdk/records.ts'

export interface ThreadSettings {
  /** The worker's properties. */
  worker: Readonly<Record<string, string>>
  name: string
}

const defaultFlushIntervalMs = 60_000
const defaultFlushTimeoutMs = 5_000

/**
 * The inside of a pool thread: runs connectors, tasks and their hooks, and owns the connections to Kafka that they share.
 * The coordination thread only ever talks to it through messages.
 */
export function runPoolThread(port: MessageEnd, settings: ThreadSettings, catalog: PluginCatalog, clock: Clock): void {
  const { worker } = settings
  const connectors = new Map<
    string,
    { plugin: ConnectorPlugin; instance: ConnectorInstance; config: Record<string, string> }
  >()
  const tasks = new Map<string, { runner: TaskRunner; ended: Promise<void> }>()
  const converters = catalog.converters.map((plugin) => ({ ...plugin, aliases: aliasesOf(plugin.class, 'converter') }))
  const levels = createLogLevels({ root: 'INFO', clock })
  const logger = createLogger({ name: 'sluice', levels, clock, sink: (line) => main.tell('log', line) })
  const flushIntervalMs = Number(worker['offset.flush.interval.ms'] ?? defaultFlushIntervalMs)
  const flushTimeoutMs = Number(worker['offset.flush.timeout.ms'] ?? defaultFlushTimeoutMs)

  const client = createKafkaClient({
    bootstrapServers: (worker['bootstrap.servers'] ?? '').split(',').map((server) => server.trim()),
    clientId: `sluice-${worker['group.id'] ?? ''}-${settings.name}`,
    clock,
    logger: logger.child('kafka'),
  })
  let shared: Producer | undefined
  const producer = () => {
    shared ??= createProducer(client, { acks: -1, idempotent: true, deliveryTimeoutMs: 2 ** 31 - 1 })
    return shared
  }

  function pluginOf(name: string): ConnectorPlugin {
    const found =
      catalog.connectors.find((plugin) => plugin.class === name) ??
      catalog.connectors.find((plugin) => aliasesOf(plugin.class, plugin[pluginKind]).includes(name))
    if (!found) throw new ConnectError('PLUGIN_NOT_FOUND', `Unknown plugin ${name}.`)
    return found
  }

  function typed(plugin: ConnectorPlugin, config: Record<string, string>): never {
    const parsed = parseConfig(plugin.config, config)
    if (parsed.ok) return parsed.value as never
    throw new ConnectError('CONFIG_INVALID', parsed.problems.map(({ message }) => message).join('\n'), {
      problems: parsed.problems,
    })
  }

  async function startConnector(name: string, config: Record<string, string>, target: TargetState) {
    main.tell('stage', `starting connector ${name}`)
    const plugin = pluginOf(config['connector.class']?.trim() ?? '')
    const { createConnector } = await plugin.load()
    const context = {
      connector: name,
      logger: logger.child('connector', { connector: name }),
      requestTaskReconfiguration: () => main.tell('reconfigure', name),
      raiseError: (error: unknown) => main.tell('connectorState', name, 'FAILED', traceOf(error)),
    }
    const instance = createConnector?.(typed(plugin, config), context, config) ?? noInstance()
    if (target === 'STARTED') await instance.start?.()
    connectors.set(name, { plugin, instance, config })
  }

  async function stopConnector(name: string) {
    const held = connectors.get(name)
    connectors.delete(name)
    main.tell('stage', `stopping connector ${name}`)
    await held?.instance[Symbol.asyncDispose]()
  }

  async function startTask(start: TaskStart) {
    const name = taskName(start.id)
    const { connector, task } = start.id
    if (tasks.has(name)) throw new Error(`task ${name} runs already`)
    main.tell('stage', `starting task ${name}`)
    const plugin = pluginOf(start.connectorConfig['connector.class']?.trim() ?? '')
    const taskLogger = logger.child('task', { connector, task })
    const runner =
      plugin[pluginKind] === 'sink'
        ? await openSink(plugin as SinkPlugin, start, taskLogger)
        : await openSource(plugin as SourcePlugin, start, taskLogger)
    const ended = runner.run().then(
      () => void tasks.delete(name),
      (error: unknown) => {
        tasks.delete(name)
        taskLogger.error('The task failed', { error })
        main.tell('taskState', start.id, 'FAILED', traceOf(error))
      },
    )
    tasks.set(name, { runner, ended })
  }

  const eventsOf = (id: TaskId) => ({
    state: (state: 'RUNNING' | 'PAUSED') => main.tell('taskState', id, state),
    topic: (topic: string) => main.tell('activeTopic', id, topic),
  })

  async function openSource(
    plugin: SourcePlugin,
    { id, connectorConfig, taskConfig, target }: TaskStart,
    taskLogger: Logger,
  ) {
    const { createTask } = await plugin.load()
    const context = {
      connector: id.connector,
      task: id.task,
      clock,
      logger: taskLogger,
      offsets: async (partitions: readonly OffsetMap[]) =>
        (await main.call('readOffsets', id.connector, [...partitions])) as (OffsetMap | null)[],
    }
    return createSourceRunner({
      task: createTask(typed(plugin, taskConfig), context, taskConfig),
      target,
      converters: createTaskConverters(converters, connectorConfig, worker),
      producer: producer(),
      writeOffsets: (offsets) => writeOffsets(id.connector, offsets),
      tolerance: createTolerance({ taskName: taskName(id), config: connectorConfig, logger: taskLogger }),
      events: eventsOf(id),
      clock,
      logger: taskLogger,
      flushIntervalMs,
      flushTimeoutMs,
    })
  }

  async function openSink(
    plugin: SinkPlugin,
    { id, connectorConfig, taskConfig, target }: TaskStart,
    taskLogger: Logger,
  ) {
    const { createTask } = await plugin.load()
    return createSinkRunner({
      createTask: (requests) =>
        createTask(
          typed(plugin, taskConfig),
          { connector: id.connector, task: id.task, clock, logger: taskLogger, ...requests },
          taskConfig,
        ),
      target,
      openConsumer: (hooks) =>
        createSinkConsumer(client, { ...subscriptionOf(id.connector, connectorConfig, worker), hooks }),
      converters: createTaskConverters(converters, connectorConfig, worker),
      tolerance: createTolerance({ taskName: taskName(id), config: connectorConfig, logger: taskLogger }),
      events: eventsOf(id),
      clock,
      logger: taskLogger,
      flushIntervalMs,
    })
  }

  /** Key and value bytes of Kafka's offsets topic. */
  async function writeOffsets(
    connector: string,
    offsets: readonly { partition: OffsetMap; offset: OffsetMap | null }[],
  ) {
    const topic = worker['offset.storage.topic'] ?? ''
    await producer().produce(
      topic,
      offsets.map(({ partition, offset }) => ({
        key: Buffer.from(JSON.stringify([connector, partition])),
        value: offset === null ? null : Buffer.from(JSON.stringify(offset)),
      })),
    )
  }

  const methods: ThreadMethods = {
    definitions: () => definitionsOf(catalog),
    async validate(pluginClass, config) {
      main.tell('stage', `validating a config of ${pluginClass}`)
      return (await (await pluginOf(pluginClass).load()).validate?.(config)) ?? {}
    },
    startConnector,
    stopConnector,
    async setConnectorTarget(name, target) {
      const held = connectors.get(name)
      if (!held) return
      // Kafka stops the instance for PAUSED and STOPPED, and starts a fresh one to resume (WorkerConnector).
      await stopConnector(name)
      await startConnector(name, held.config, target)
    },
    async taskConfigs(name, max) {
      const held = connectors.get(name)
      if (!held) throw new Error(`connector ${name} does not run here`)
      main.tell('stage', `generating task configs for connector ${name}`)
      if (held.instance.taskConfigs) return held.instance.taskConfigs(max)
      const count = held.plugin.tasks === 'many' ? max : 1
      return Array.from({ length: count }, () => ({ ...held.config }))
    },
    startTask,
    async stopTask(id) {
      const held = tasks.get(taskName(id))
      main.tell('stage', `stopping task ${taskName(id)}`)
      held?.runner.stop()
      await held?.ended
    },
    cancelTask: (id) => tasks.get(taskName(id))?.runner.cancel(),
    setTaskTarget: (id, target) => tasks.get(taskName(id))?.runner.setTarget(target),
    async alterOffsets(pluginClass, config, offsets: ConnectorOffset[]) {
      return (await (await pluginOf(pluginClass).load()).alterOffsets?.(config, offsets)) ?? false
    },
    ping: () => undefined,
    async close() {
      for (const { runner } of tasks.values()) runner.stop()
      await Promise.allSettled([...tasks.values()].map(({ ended }) => ended))
      await shared?.[Symbol.asyncDispose]()
      await client[Symbol.asyncDispose]()
    },
  }
  const main = connectThread<MainMethods, ThreadEvents>(port, { methods })
}

const noInstance = (): ConnectorInstance => ({ [Symbol.asyncDispose]: async () => undefined })
