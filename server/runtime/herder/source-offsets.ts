import type { ConnectorConfig, ConnectorOffset } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import { withoutNulls } from '#server/runtime/plugin-host.ts'

/** The offsets of one source connector, wherever they are kept (Kafka: `ConnectorOffsetBackingStore`). */
export interface SourceOffsets {
  all(connector: string, config: ConnectorConfig): Promise<ConnectorOffset[]>
  /** A null takes one back. */
  store(connector: string, config: ConnectorConfig, offsets: readonly ConnectorOffset[]): Promise<void>
  reset(connector: string, config: ConnectorConfig): Promise<void>
}

export function createSourceOffsets({
  config: worker,
  offsets: workers,
  host,
  logger,
}: Pick<HerderContext, 'config' | 'offsets' | 'host' | 'logger'>): SourceOffsets {
  const exactlyOnce = worker.exactlyOnce === 'enabled'

  /** Only the thread that resolves the config knows for sure; whoever names no topic and no servers has none. */
  async function ownOf(connector: string, config: ConnectorConfig): Promise<ConnectorOffset[] | undefined> {
    const servers = config['producer.override.bootstrap.servers'] ?? worker.properties['producer.bootstrap.servers']
    const named = config['offsets.storage.topic'] ?? (exactlyOnce ? servers : undefined)
    if (workers.keepsAll || named === undefined) return undefined
    return host.ownOffsets(connector, withoutNulls(config))
  }

  async function all(connector: string, config: ConnectorConfig): Promise<ConnectorOffset[]> {
    const [known, own = []] = await Promise.all([workers.all(connector), ownOf(connector, config)])
    const byPartition = new Map(known.map((entry) => [keyOf(entry), entry]))
    for (const entry of own) byPartition.set(keyOf(entry), entry)
    return [...byPartition.values()]
  }

  async function store(connector: string, config: ConnectorConfig, offsets: readonly ConnectorOffset[]): Promise<void> {
    const own = await ownOf(connector, config)
    if (!own && !exactlyOnce) return workers.alter(connector, offsets)
    // What is taken back is taken back from the worker's topic first, or it would come back from there.
    if (own) {
      await workers.alter(
        connector,
        offsets.filter(({ offset }) => offset === null),
      )
    }
    await host.storeOffsets(connector, withoutNulls(config), offsets)
    if (own) copy(connector, offsets)
  }

  function copy(connector: string, offsets: readonly ConnectorOffset[]): void {
    const stored = offsets.filter(({ offset }) => offset !== null)
    workers.write(connector, stored).catch((error: unknown) => {
      const what = `Offsets of connector ${connector} could not be copied to the worker's offsets topic`
      logger.warn(`${what}: ${messageOf(error)}`, { connector, error })
    })
  }

  return {
    all,
    store,
    async reset(connector, config) {
      const own = await ownOf(connector, config)
      if (!own && !exactlyOnce) return workers.reset(connector)
      const known = await all(connector, config)
      await store(
        connector,
        config,
        known.map(({ partition }) => ({ partition, offset: null })),
      )
    },
  }
}

const keyOf = ({ partition }: ConnectorOffset): string => JSON.stringify(partition, exact)

/** A position beyond a double's reach is a bigint, which JSON does not know. */
const exact = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)
