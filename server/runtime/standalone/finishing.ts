import { taskName } from '#server/contract/connector.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { type ConfigState, targetOf, taskIds } from '#server/core/config-fold.ts'
import type { RunningHerder } from '#server/runtime/herder/herder.ts'
import type { InstanceSet } from '#server/runtime/herder/instance-set.ts'
import type { TaskPublisher } from '#server/runtime/herder/task-publisher.ts'
import type { StatusStore } from '#server/runtime/status-store.ts'

/**
 * The answers of a standalone worker: where a worker of a group answers when a change is written, this one answers when it
 * was carried out (Kafka: `StandaloneHerder`), so that a created connector is shown with its tasks, and one that does not
 * start is an error. Like there, such a connector stays configured.
 */
export function finishing(
  herder: RunningHerder,
  parts: {
    configs: { readonly state: ConfigState }
    statuses: StatusStore
    connectors: InstanceSet
    tasks: InstanceSet
    publisher: TaskPublisher
  },
): RunningHerder {
  const { configs, statuses, connectors, tasks, publisher } = parts

  /** Resolves when the connector and its tasks are what they are to be. */
  async function carriedOut(connector: string, had: readonly string[] = []): Promise<void> {
    await connectors.idle([connector])
    const failure = await publisher.settled(connector)
    await tasks.idle([...had, ...namesOf(connector)])
    if (failure !== undefined) throw new ConnectError('START_FAILED', messageOf(failure), { cause: failure })
    if (!connectors.hasFailed(connector)) return
    const trace = statuses.state.connectors.get(connector)?.trace ?? ''
    const message = `Failed to transition connector ${connector} to state ${targetOf(configs.state, connector)}`
    throw new ConnectError('START_FAILED', message, { cause: new Error(trace) })
  }

  const namesOf = (connector: string) => taskIds(configs.state, connector).map(taskName)

  return {
    ...herder,
    async create(request) {
      await herder.create(request)
      await carriedOut(request.name)
      return herder.info(request.name)
    },
    async putConfig(name, config) {
      const { created } = await herder.putConfig(name, config)
      await carriedOut(name)
      return { created, info: await herder.info(name) }
    },
    async patchConfig(name, patch) {
      await herder.patchConfig(name, patch)
      await carriedOut(name)
      return herder.info(name)
    },
    async delete(name) {
      const had = namesOf(name)
      await herder.delete(name)
      await Promise.all([connectors.idle([name]), tasks.idle(had)])
    },
    async restart(name, request) {
      const planned = await herder.restart(name, request)
      if (planned) await Promise.all([connectors.idle([name]), tasks.idle(namesOf(name))])
      return planned
    },
    async stop(name) {
      const had = namesOf(name)
      await herder.stop(name)
      await Promise.all([connectors.idle([name]), tasks.idle(had)])
    },
  }
}
