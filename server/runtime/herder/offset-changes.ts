import type { ConnectorConfig, ConnectorOffset, OffsetChange } from '#server/contract/connector.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import { type ConfiguredConnector, targetOf } from '#server/core/config-fold.ts'
import { readSinkOffset, writeSinkOffset } from '#server/core/sink-offsets.ts'
import { checkSourceOffset } from '#server/core/source-offset-format.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import type { AsLeader } from '#server/runtime/herder/leadership.ts'
import { pluginOf } from '#server/runtime/herder/plugins.ts'
import { createSourceOffsets } from '#server/runtime/herder/source-offsets.ts'
import { type PluginDefinition, withoutNulls } from '#server/runtime/plugin-host.ts'

export type OffsetChanges = Pick<Herder, 'offsets' | 'alterOffsets' | 'resetOffsets'>

type Change = 'alter' | 'reset'
const changed: Record<Change, string> = { alter: 'altered', reset: 'reset' }

/** Reads and changes how far connectors got (KIP-875): sources in the offsets topic, sinks in their consumer group. */
export function createOffsetChanges(
  context: HerderContext,
  asLeader: AsLeader,
  fence: InternalHerder['fenceZombies'],
): OffsetChanges {
  const { configs, admin, host, stages } = context
  const sources = createSourceOffsets(context)

  function known(connector: string): { found: ConfiguredConnector; plugin: PluginDefinition } {
    const found = configs.state.connectors.get(connector)
    if (!found) throw new ConnectError('CONNECTOR_NOT_FOUND', `Connector ${connector} not found`)
    const plugin = pluginOf(host.definitions(), found.config)
    if (!plugin) throw new ConnectError('PLUGIN_NOT_FOUND', `Unknown plugin ${found.config['connector.class']}.`)
    return { found, plugin }
  }

  async function read(connector: string): Promise<ConnectorOffset[]> {
    const { found, plugin } = known(connector)
    if (plugin.type === 'source') return sources.all(connector, found.config)
    return (await admin.groupOffsets(groupOf(connector, found.config))).map(writeSinkOffset)
  }

  /** Only what nobody runs may be changed. */
  async function stopped(connector: string) {
    await configs.readToEnd()
    const { found, plugin } = known(connector)
    if (targetOf(configs.state, connector) !== 'STOPPED' || found.tasks?.length !== 0) {
      throw new ConnectError(
        'BAD_REQUEST',
        `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${connector}/stop' endpoint`,
      )
    }
    return { config: found.config, plugin }
  }

  async function change(connector: string, kind: Change, wanted?: readonly OffsetChange[]): Promise<string> {
    const { config, plugin } = await stopped(connector)
    const entries = wanted ?? (await read(connector)).map(({ partition }) => ({ partition, offset: null }))
    const sinkOffsets = plugin.type === 'sink' ? entries.map(readSinkOffset) : []
    if (plugin.type === 'source') entries.forEach(checkSourceOffset)
    const own = await askPlugin(connector, plugin, config, entries)
    if (plugin.type === 'source') {
      await (wanted
        ? sources.store(connector, config, wanted.flatMap(withPartition))
        : sources.reset(connector, config))
    } else {
      await inGroup(connector, kind, async (group) => {
        if (kind === 'reset') return admin.deleteGroup(group)
        const set = sinkOffsets.flatMap(({ offset, ...at }) => (offset === null ? [] : [{ ...at, offset }]))
        const taken = sinkOffsets.filter(({ offset }) => offset === null)
        if (set.length > 0) await admin.alterGroupOffsets(group, set)
        if (taken.length > 0) await admin.deleteGroupOffsets(group, taken)
      })
    }
    const message = `The offsets of connector ${connector} were ${changed[kind]}`
    context.events.write({ connector, kind: 'offsets', level: 'INFO', message, detail: { change: changed[kind] } })
    if (own) return `The offsets for this connector have been ${changed[kind]} successfully`
    return `The Connect framework-managed offsets for this connector have been ${changed[kind]} successfully. However, if this connector manages offsets externally, they will need to be manually ${changed[kind]} in the system that the connector uses.`
  }

  async function askPlugin(
    connector: string,
    plugin: PluginDefinition,
    config: ConnectorConfig,
    entries: readonly OffsetChange[],
  ): Promise<boolean> {
    try {
      return await host.alterOffsets(plugin.class, withoutNulls(config), [...entries])
    } catch (cause) {
      if (!(cause instanceof ConnectError) || cause.code !== 'UNSUPPORTED') throw cause
      const message = `Failed to modify offsets for connector ${connector} because it doesn't support external modification of offsets`
      throw new ConnectError('UNSUPPORTED', message, { cause })
    }
  }

  async function inGroup(connector: string, kind: Change, work: (group: string) => Promise<void>): Promise<void> {
    try {
      await work(groupOf(connector, known(connector).found.config))
    } catch (cause) {
      const occupied = cause instanceof KafkaError && occupiedErrors.has(cause.errorName)
      const message = occupied
        ? `Failed to ${kind} consumer group offsets for connector ${connector} either because its tasks haven't stopped completely yet or the connector was resumed before the request to ${kind} its offsets could be successfully completed. If the connector is in a stopped state, this operation can be safely retried. If it doesn't eventually succeed, the Connect cluster may need to be restarted to get rid of the zombie sink tasks.`
        : `Failed to ${kind} consumer group offsets for connector ${connector}: ${messageOf(cause)}`
      throw new ConnectError('START_FAILED', message, { cause })
    }
  }

  async function modifying(connector: string, work: () => Promise<string>): Promise<string> {
    await fenceSource(connector)
    return asLeader(() => stages.run(`modifying offsets for connector ${connector}`, work))
  }

  /** I5: what a zombie of the connector still committed would undo the change. */
  async function fenceSource(connector: string): Promise<void> {
    if (context.config.exactlyOnce !== 'enabled') return
    const { plugin } = await asLeader(() => stopped(connector))
    if (plugin.type !== 'source') return
    try {
      await fence(connector)
    } catch (cause) {
      const message = 'Failed to perform zombie fencing for source connector prior to modifying offsets'
      throw new ConnectError('START_FAILED', message, { cause })
    }
  }

  return {
    offsets: read,
    alterOffsets: (connector, wanted) => modifying(connector, () => change(connector, 'alter', wanted)),
    resetOffsets: (connector) => modifying(connector, () => change(connector, 'reset')),
  }
}

/** To take back the offset of no partition changes nothing. */
function withPartition({ partition, offset }: OffsetChange): ConnectorOffset[] {
  if (partition !== null) return [{ partition, offset }]
  if (offset === null) return []
  throw new ConnectError('BAD_REQUEST', 'Partition objects cannot be null', { status: 500 })
}

/** What the coordinator answers while somebody is still in the group. */
const occupiedErrors: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID',
  'GROUP_SUBSCRIBED_TO_TOPIC',
  'NON_EMPTY_GROUP',
])

const groupOf = (connector: string, config: ConnectorConfig): string =>
  config['consumer.override.group.id'] ?? `connect-${connector}`
