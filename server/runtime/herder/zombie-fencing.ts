import { ConnectError } from '#server/contract/errors.ts'
import type { InternalHerder } from '#server/contract/herder.ts'
import { type ConfiguredConnector, fencingDue } from '#server/core/config-fold.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import type { AsLeader } from '#server/runtime/herder/leadership.ts'
import { connectorTypeOf } from '#server/runtime/herder/plugins.ts'
import { withoutNulls } from '#server/runtime/plugin-host.ts'

/**
 * Makes sure that no task with earlier configs of a connector can write any more, and puts down for the next round how many
 * may from now on (KIP-618; Kafka: `DistributedHerder.fenceZombieSourceTasks`). Requests that come while a round is under
 * way share it. No other write waits for the fencing itself.
 *
 * Rejects with CONFIG_CHANGED when newer task configs came meanwhile.
 */
export function createZombieFencing(
  { configs, config: worker, host, stages, logger }: HerderContext,
  asLeader: AsLeader,
): InternalHerder['fenceZombies'] {
  const rounds = new Map<string, Promise<void>>()

  function known(connector: string): ConfiguredConnector {
    const found = configs.state.connectors.get(connector)
    if (!found) throw new ConnectError('CONNECTOR_NOT_FOUND', `Connector ${connector} not found`)
    if (connectorTypeOf(host.definitions(), found.config) !== 'source') {
      throw new ConnectError('BAD_REQUEST', `Connector ${connector} is not a source connector`)
    }
    return found
  }

  async function round(connector: string): Promise<void> {
    const { config, tasksVersion, due } = await asLeader(async () => ({
      ...known(connector),
      due: fencingDue(configs.state, connector),
    }))
    if (!due) return
    if (due.ids > 0) {
      logger.info(`Fencing out ${due.ids} task producers for source connector ${connector}`, { connector })
      await stages.run(`initiating a round of zombie fencing for connector ${connector}`, () =>
        host.fenceTasks(connector, withoutNulls(config), due.ids),
      )
    }
    await asLeader(async () => {
      if (known(connector).tasksVersion !== tasksVersion) {
        const message = 'Fencing failed because new task configurations were generated for the connector'
        throw new ConnectError('CONFIG_CHANGED', message)
      }
      await stages.run(`writing a task count record for connector ${connector} to the config topic`, () =>
        configs.putFencing(connector, due.tasks),
      )
    })
  }

  return (connector) => {
    // A leader that is only preparing is asked by workers that are enabled already.
    if (worker.exactlyOnce === 'disabled') {
      const message = 'This worker does not have exactly-once source support enabled.'
      return Promise.reject(new ConnectError('UNSUPPORTED', message))
    }
    const underWay = rounds.get(connector)
    if (underWay !== undefined) return underWay
    const begun = round(connector).finally(() => rounds.delete(connector))
    rounds.set(connector, begun)
    return begun
  }
}
