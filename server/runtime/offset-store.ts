import type { ConnectorOffset } from '#server/contract/connector.ts'
import { createOffsetFold, toConnectorOffset } from '#server/core/offset-fold.ts'
import { encodeOffsetRecord } from '#server/core/offset-record.ts'
import type { WorkerOffsets } from '#server/runtime/plugin-host.ts'
import { createTopicLog, type OnTopic, type TopicLogOptions } from '#server/runtime/topic-log.ts'

/** How far source connectors got, kept in an offsets topic. Tasks write it from their own threads; this reads it. */
export interface OffsetStore extends WorkerOffsets, AsyncDisposable {
  start(signal: AbortSignal): Promise<void>
  /** Everything known of a connector, after reading the topic to its end. */
  all(connector: string): Promise<ConnectorOffset[]>
  /** Writes on a person's behalf; null takes a partition's offset back. */
  alter(connector: string, offsets: readonly ConnectorOffset[]): Promise<void>
  /** Takes everything back that is known of a connector. */
  reset(connector: string): Promise<void>
}

export function createOffsetStore(
  options: Omit<TopicLogOptions, 'onRecord' | 'setting' | 'holds'> & {
    /** The key that names the topic; the worker's, unless a connector names its own. */
    setting?: string
  },
): OffsetStore & OnTopic {
  const fold = createOffsetFold()
  const log = createTopicLog({
    ...options,
    setting: options.setting ?? 'offset.storage.topic',
    holds: 'source connector offsets',
    // Exactly-once sources write with each batch; who wants to know asks for the end.
    unhurriedMs: 200,
    onRecord(record) {
      if (fold.apply(record)) return
      options.logger.error(`Skipped record ${record.offset} of partition ${record.partition} of the offsets topic`)
    },
  })

  return {
    keepsAll: false,
    async check() {
      await log.check()
    },
    start: (signal) => log.start(signal),
    async read(connector, partitions) {
      await log.readToEnd()
      return partitions.map((partition) => fold.lookup(connector, partition))
    },
    async all(connector) {
      await log.readToEnd()
      return fold.of(connector).map(toConnectorOffset)
    },
    write: (connector, offsets) => log.append(offsets.map((entry) => encodeOffsetRecord({ connector, ...entry }))),
    async alter(connector, offsets) {
      if (offsets.length === 0) return
      await log.write(offsets.map((entry) => encodeOffsetRecord({ connector, ...entry })))
    },
    async reset(connector) {
      await log.readToEnd()
      const known = fold.of(connector)
      if (known.length > 0) await log.write(known.map(({ key }) => ({ key, value: null })))
    },
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  }
}
