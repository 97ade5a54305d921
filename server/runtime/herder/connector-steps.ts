import { ConnectError, messageOf, traceOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { ConfigState } from '#server/core/config-fold.ts'
import type { InstanceSteps } from '#server/runtime/herder/instance-set.ts'
import { pluginOf } from '#server/runtime/herder/plugins.ts'
import type { StatusReports } from '#server/runtime/herder/status-reports.ts'
import { type PluginHost, withoutNulls } from '#server/runtime/plugin-host.ts'

/** How long a connector may take to stop before it is abandoned (Kafka: `Worker.CONNECTOR_GRACEFUL_SHUTDOWN_TIMEOUT_MS`). */
const stopTimeoutMs = 5_000

/** Starts, stops and retargets connector instances, and says what became of them. */
export function createConnectorSteps(options: {
  host: PluginHost
  configs: { readonly state: ConfigState }
  reports: StatusReports
  generation(): number
  /** A connector is up and may make task configs. */
  onStarted(name: string): void
  logger: Logger
}): InstanceSteps {
  const { host, configs, reports, logger } = options

  const failed = (connector: string, error: unknown, version?: string): false => {
    logger.error(`Connector ${connector} failed: ${messageOf(error)}`, { connector, error })
    reports.say({ connector }, 'FAILED', { trace: traceOf(error), version })
    return false
  }

  return {
    async start(connector, target, overtaken) {
      const config = configs.state.connectors.get(connector)?.config
      if (!config) return false
      const plugin = pluginOf(host.definitions(), config)
      if (!plugin) {
        return failed(
          connector,
          new ConnectError(
            'PLUGIN_NOT_FOUND',
            `Failed to find any class that implements Connector and which name matches ${config['connector.class']}`,
          ),
        )
      }
      try {
        await host.startConnector({
          name: connector,
          config: withoutNulls(config),
          target,
          generation: options.generation(),
        })
      } catch (error) {
        return overtaken.aborted ? false : failed(connector, error, plugin.version)
      }
      if (overtaken.aborted) return false
      reports.say({ connector }, stateFor(target), { version: plugin.version })
      if (target === 'STARTED') options.onStarted(connector)
      return true
    },
    async stop(connector, why) {
      try {
        const outcome = await host.stopConnector(connector, stopTimeoutMs)
        if (outcome === 'abandoned') {
          logger.warn(`Connector ${connector} did not stop within ${stopTimeoutMs} ms and was abandoned`, { connector })
        }
      } catch (error) {
        logger.warn(`Connector ${connector} failed while it stopped: ${messageOf(error)}`, { connector, error })
      }
      if (why === 'gone' && !configs.state.connectors.has(connector)) reports.forget({ connector })
      else reports.say({ connector }, why === 'restart' ? 'RESTARTING' : 'UNASSIGNED')
    },
    async retarget(connector, target, overtaken) {
      const config = configs.state.connectors.get(connector)?.config
      const version = config && pluginOf(host.definitions(), config)?.version
      try {
        await host.setConnectorTarget(connector, target)
      } catch (error) {
        return overtaken.aborted ? false : failed(connector, error, version)
      }
      if (overtaken.aborted) return false
      reports.say({ connector }, stateFor(target), { version })
      if (target === 'STARTED') options.onStarted(connector)
      return true
    },
  }
}

const stateFor = (target: 'STARTED' | 'PAUSED' | 'STOPPED') => (target === 'STARTED' ? 'RUNNING' : target)
