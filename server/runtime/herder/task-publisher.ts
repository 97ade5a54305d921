import type { Clock } from '#server/contract/clock.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type ConfigState, type ConfiguredConnector, targetOf, tasksDiffer } from '#server/core/config-fold.ts'
import { completeTaskConfigs, tooManyTasks } from '#server/core/task-configs.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import { pluginOf } from '#server/runtime/herder/plugins.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import type { Stages } from '#server/runtime/stages.ts'

/** Asks connectors of this worker for their task configs and brings them to the config topic through the leader. */
export interface TaskPublisher {
  /** Asks anew; a request that comes while one is under way is carried out after it. */
  request(connector: string): void
  /** Resolves when nothing is asked of the connector, or the last attempt failed and a later one may not; with that error. */
  settled(connector: string): Promise<unknown>
}

/** Kafka's pace of retries (`DistributedHerder.RECONFIGURE_CONNECTOR_TASKS_BACKOFF_*`). */
const firstRetryMs = 250
const mostRetryMs = 60_000

export function createTaskPublisher(options: {
  host: PluginHost
  configs: { readonly state: ConfigState }
  /** Whether the connector runs here: only its owner asks it. */
  owns(connector: string): boolean
  /** Writes as leader, or hands over to the leader. */
  submit(connector: string, tasks: ConnectorConfig[]): Promise<void>
  /** So many task configs of the connector stand in the config topic now. */
  onMade(connector: string, tasks: number): void
  /** They could not be made, or not be brought there; it is tried again. */
  onFailing(connector: string, reason: string): void
  /** The connector made more tasks than it may, or configs that no record holds; it counts as failed. */
  onRefused(connector: string, message: string): void
  signal: AbortSignal
  clock: Clock
  logger: Logger
  stages: Stages
}): TaskPublisher {
  const { host, configs, clock, logger, signal, stages } = options
  /** Connectors being asked; the value grows with every further request. */
  const asked = new Map<string, number>()
  /** Those who wait for an attempt on a connector to end. */
  const waiting = new Map<string, ((error?: unknown) => void)[]>()

  async function publish(connector: string): Promise<void> {
    for (let done = 0, failures = 0; !signal.aborted; ) {
      const wanted = asked.get(connector) ?? 0
      if (wanted === done) break
      try {
        await attempt(connector)
        done = wanted
        failures = 0
      } catch (error) {
        const text = `Failed to reconfigure connector's tasks (${connector}), retrying after backoff: ${messageOf(error)}`
        logger.error(text, { connector, error })
        options.onFailing(connector, messageOf(error))
        tell(connector, error)
        await clock.sleep(backOffMs(failures++, clock.random(), firstRetryMs, mostRetryMs), signal)
      }
    }
    asked.delete(connector)
    tell(connector)
  }

  function tell(connector: string, error?: unknown): void {
    for (const resolve of waiting.get(connector) ?? []) resolve(error)
    waiting.delete(connector)
  }

  async function attempt(connector: string): Promise<void> {
    const known = mayAsk(connector)
    const plugin = known && pluginOf(host.definitions(), known.config)
    if (!plugin || (plugin.type !== 'source' && plugin.type !== 'sink')) return
    const {
      configs: made,
      max,
      enforced,
    } = await stages.run(`generating task configs for connector ${connector}`, () => host.taskConfigs(connector))
    // A config that changed meanwhile restarts the connector, which then asks for itself.
    const now = mayAsk(connector)
    if (now?.version !== known.version) return
    if (made.length > max) {
      const message = tooManyTasks(connector, made.length, max)
      if (enforced) return options.onRefused(connector, message)
      logger.warn(message, { connector })
    }
    const of = { config: known.config, taskClass: plugin.taskClass ?? '', type: plugin.type }
    const proposed = completeTaskConfigs(made, of)
    try {
      if (tasksDiffer(now, proposed)) await options.submit(connector, proposed)
      options.onMade(connector, proposed.length)
    } catch (error) {
      // Tried again it would be as large.
      if (!(error instanceof ConnectError) || error.code !== 'CONFIG_TOO_LARGE') throw error
      options.onRefused(connector, error.message)
    }
  }

  /** The connector, while it runs here and is to have tasks. */
  function mayAsk(connector: string): ConfiguredConnector | undefined {
    if (!options.owns(connector) || targetOf(configs.state, connector) !== 'STARTED') return undefined
    return configs.state.connectors.get(connector)
  }

  return {
    request(connector) {
      const before = asked.get(connector)
      asked.set(connector, (before ?? 0) + 1)
      if (before === undefined) void publish(connector)
    },
    settled(connector) {
      if (!asked.has(connector)) return Promise.resolve(undefined)
      return new Promise((resolve) => waiting.set(connector, [...(waiting.get(connector) ?? []), resolve]))
    },
  }
}
