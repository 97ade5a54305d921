import type { ConnectorOffset } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { TextRecord } from '#server/core/config-record.ts'
import type { JavaBytes } from '#server/core/java-map.ts'
import { createOffsetFold, toConnectorOffset } from '#server/core/offset-fold.ts'
import { encodeOffsetRecord } from '#server/core/offset-record.ts'
import type { OffsetStore } from '#server/runtime/offset-store.ts'
import type { OffsetFile } from '#server/runtime/standalone/offset-file.ts'

/**
 * How far source connectors got, in one file. The same interface as the store over the offsets topic; tasks hand their
 * offsets over instead of writing them. What was handed over while a write is under way goes along with the next one.
 */
export function createFileOffsetStore({ file, logger }: { file: OffsetFile; logger: Logger }): OffsetStore {
  const fold = createOffsetFold()
  /** Everything in the file by its key's text, which nobody but us may be able to read. */
  let kept: ReadonlyMap<string, [JavaBytes, JavaBytes]> = new Map()
  const waiting: TextRecord[] = []
  let saving: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  /** One write at a time, and each takes along everything that came before it began. */
  function save(records: readonly TextRecord[]): Promise<void> {
    waiting.push(...records)
    next ??= saving.then(() => {
      next = undefined
      const written = saveAll(waiting.splice(0))
      saving = written.catch(() => undefined) // told to whoever waits for it
      return written
    })
    return next
  }

  /** I6: what could not be made durable counts as never said. */
  async function saveAll(records: readonly TextRecord[]): Promise<void> {
    const changed = new Map(kept)
    for (const { key, value } of records) {
      if (value === null) changed.delete(key)
      else changed.set(key, [Buffer.from(key), Buffer.from(value)])
    }
    await file.save([...changed.values()])
    kept = changed
    for (const record of records) fold.apply(record)
  }

  async function write(connector: string, offsets: readonly ConnectorOffset[]): Promise<void> {
    if (offsets.length > 0) await save(offsets.map((entry) => encodeOffsetRecord({ connector, ...entry })))
  }

  return {
    keepsAll: true,
    async start() {
      const found = new Map<string, [JavaBytes, JavaBytes]>()
      for (const [key, value] of await file.load()) {
        const text = Buffer.from(key ?? '').toString()
        const read = key && fold.apply({ key: text, value: value && Buffer.from(value).toString() })
        if (!read) logger.error('An entry of the offset file makes no sense; it is left as it is')
        if (value) found.set(text, [key, value])
      }
      kept = found
    },
    read: async (connector, partitions) => partitions.map((partition) => fold.lookup(connector, partition)),
    all: async (connector) => fold.of(connector).map(toConnectorOffset),
    write,
    alter: write,
    async reset(connector) {
      const known = fold.of(connector)
      if (known.length === 0) return
      await save(known.map(({ key }) => ({ key, value: null })))
    },
    async [Symbol.asyncDispose]() {
      await (next ?? saving)
    },
  }
}
