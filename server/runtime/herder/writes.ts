import type { ConnectorConfig, TargetState } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { NewEvent } from '#server/contract/events.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import { changedKeys, describeChangedKeys } from '#server/core/changed-keys.ts'
import { targetOf, tasksDiffer } from '#server/core/config-fold.ts'
import { parseThreshold } from '#server/observe/log-levels.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import type { AsLeader } from '#server/runtime/herder/leadership.ts'
import { infoOf } from '#server/runtime/herder/reads.ts'
import type { Validation } from '#server/runtime/herder/validation.ts'

export type Writes = Pick<
  Herder,
  | 'create'
  | 'putConfig'
  | 'patchConfig'
  | 'delete'
  | 'setTargetState'
  | 'stop'
  | 'resetActiveTopics'
  | 'setLogLevel'
  | 'setConnectorLogLevel'
> &
  Pick<InternalHerder, 'acceptTaskConfigs'>

/** What changes the config topic. I11: each answers when the change is durable and was read back. */
export function createWrites(context: HerderContext, asLeader: AsLeader, { ensureValid }: Validation): Writes {
  const { configs, statuses, stages } = context

  const known = (connector: string, message: string) => {
    const found = configs.state.connectors.get(connector)
    if (found) return found
    throw new ConnectError('CONNECTOR_NOT_FOUND', message)
  }
  const infoNow = (connector: string) =>
    infoOf(context, connector, known(connector, `Connector ${connector} not found`))
  /** A pause that was written while its connector was being deleted must not pause the next one of that name. */
  const firstTarget = (connector: string) => (configs.state.targets.has(connector) ? 'STARTED' : undefined)
  const writing = <Result>(connector: string, work: () => Promise<Result>) =>
    stages.run(`writing a config for connector ${connector} to the config topic`, work)

  const tell = (event: Omit<NewEvent, 'level'>) => context.events.write({ level: 'INFO', ...event })

  function tellTarget(connector: string, target: TargetState): void {
    const asked = { STARTED: 'resume', PAUSED: 'pause', STOPPED: 'stop' }[target]
    const message = `Somebody asked to ${asked} connector ${connector}`
    tell({ connector, kind: 'target', message, detail: { target } })
  }

  function tellConfig(connector: string, before: ConnectorConfig | undefined, after: ConnectorConfig): void {
    const keys = changedKeys(before ?? {}, after)
    const message = before
      ? `The config of connector ${connector} was changed: ${describeChangedKeys(keys)}`
      : `Connector ${connector} was created`
    tell({ connector, kind: 'config', message, detail: { change: before ? 'changed' : 'created', ...keys } })
  }

  return {
    async create({ name, config: given, initialState }) {
      const config = named(given, name)
      await ensureValid(config)
      return asLeader(async () => {
        if (configs.state.connectors.has(name)) {
          throw new ConnectError('CONNECTOR_EXISTS', `Connector ${name} already exists`)
        }
        await writing(name, () => configs.putConnector(name, config, initialState ?? firstTarget(name)))
        tellConfig(name, undefined, config)
        return infoNow(name)
      })
    },
    async putConfig(name, given) {
      const config = named(given, name)
      await ensureValid(config)
      return asLeader(async () => {
        const before = configs.state.connectors.get(name)?.config
        const created = before === undefined
        await writing(name, () => configs.putConnector(name, config, created ? firstTarget(name) : undefined))
        tellConfig(name, before, config)
        return { created, info: infoNow(name) }
      })
    },
    async patchConfig(name, patch) {
      for (;;) {
        const before = await asLeader(async () => known(name, `Connector ${name} not found`))
        const merged = mergePatch(before.config, patch)
        // A plugin's own check may take long; other writes do not wait for it.
        await ensureValid(merged)
        const info = await asLeader(async () => {
          if (known(name, `Connector ${name} not found`).version !== before.version) return undefined
          await writing(name, () => configs.putConnector(name, merged))
          tellConfig(name, before.config, merged)
          return infoNow(name)
        })
        if (info) return info
      }
    },
    delete: (name) =>
      asLeader(async () => {
        known(name, `Connector ${name} not found`)
        await writing(name, () => configs.removeConnector(name))
        const message = `Connector ${name} was deleted`
        tell({ connector: name, kind: 'config', message, detail: { change: 'deleted' } })
      }),
    async setTargetState(name, target) {
      await configs.readToEnd()
      known(name, `Unknown connector ${name}`)
      await configs.putTarget(name, target)
      tellTarget(name, target)
    },
    async stop(name) {
      // Any worker says that there is no such connector; Kafka asks this before it asks who leads.
      await configs.readToEnd()
      known(name, `Unknown connector ${name}`)
      return asLeader(async () => {
        known(name, `Unknown connector ${name}`)
        await writing(name, () => configs.stopConnector(name))
        tellTarget(name, 'STOPPED')
      })
    },
    async resetActiveTopics(name) {
      const { enabled, resettable } = context.config.topicTracking
      if (!enabled) throw new ConnectError('TOPIC_TRACKING_DISABLED', 'Topic tracking is disabled.')
      if (!resettable) throw new ConnectError('TOPIC_TRACKING_DISABLED', 'Topic tracking reset is disabled.')
      await statuses.removeTopics(name)
    },
    async setLogLevel(logger, level, scope) {
      const threshold = parseThreshold(level)
      if (!threshold) throw new ConnectError('LOGGER_NOT_FOUND', `invalid log level '${level}'.`)
      if (scope === 'worker') return context.levels.set(logger, threshold)
      await configs.putLogLevel(logger, threshold)
      return []
    },
    async setConnectorLogLevel(name, set) {
      await configs.readToEnd()
      known(name, `Connector ${name} not found`)
      if (!set && !configs.state.logLevels.has(name)) return null
      const stored = set && { level: set.level, until: context.clock.now() + set.forSeconds * 1_000 }
      await configs.putConnectorLogLevel(name, stored)
      const message = stored
        ? `Lines about connector ${name} are logged from ${stored.level} on, until ${new Date(stored.until).toISOString()}`
        : `Lines about connector ${name} are logged as their loggers say again`
      tell({ connector: name, kind: 'log-level', message, detail: { ...stored } })
      return stored
    },
    acceptTaskConfigs: (name, tasks) =>
      asLeader(async () => {
        const found = known(name, `Connector ${name} not found`)
        if (tasks.length > 0 && targetOf(configs.state, name) === 'STOPPED') {
          throw new ConnectError(
            'BAD_REQUEST',
            `Cannot submit non-empty set of task configs for stopped connector ${name}`,
          )
        }
        if (tasksDiffer(found, tasks)) await writing(name, () => configs.putTasks(name, tasks))
      }),
  }
}

/** The config as it is stored: always with its connector's name. */
function named(config: ConnectorConfig, name: string): ConnectorConfig {
  const copy: ConnectorConfig = Object.assign(Object.create(null), config)
  copy.name ??= name
  return copy
}

/** RFC 7396 on a flat map: null removes. */
function mergePatch(config: ConnectorConfig, patch: ConnectorConfig): ConnectorConfig {
  const merged: ConnectorConfig = Object.assign(Object.create(null), config)
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = value
  }
  return merged
}
