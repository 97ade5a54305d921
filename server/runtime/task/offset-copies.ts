import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { SourceOffset, WriteOffsets } from '#server/runtime/task/offset-book.ts'

/**
 * What a connector with an offsets topic of its own leaves in the worker's as well, where it is looked up when the own one
 * has nothing (Kafka: `ConnectorOffsetBackingStore.set`).
 */
export interface OffsetCopies {
  /** What is taken back is taken back here first, or it would come back from here. */
  before(offsets: readonly SourceOffset[]): Promise<void>
  /** Once they are in the own topic. Nobody waits for the copy, and it may fail. */
  after(offsets: readonly SourceOffset[]): void
}

export function createOffsetCopies(write: WriteOffsets, logger: Logger): OffsetCopies {
  return {
    async before(offsets) {
      const takenBack = offsets.filter(({ offset }) => offset === null)
      if (takenBack.length > 0) await write(takenBack)
    },
    after(offsets) {
      const stored = offsets.filter(({ offset }) => offset !== null)
      if (stored.length === 0) return
      write(stored).catch((error: unknown) => {
        const where = "the worker's offsets topic, beside the connector's own,"
        logger.warn(`Offsets could not be copied to ${where} and stay as they are there: ${messageOf(error)}`, {
          error,
        })
      })
    },
  }
}

/** Into the own topic and, where there are copies, around it. */
export const withCopies =
  (write: WriteOffsets, copies: OffsetCopies | undefined): WriteOffsets =>
  async (offsets) => {
    await copies?.before(offsets)
    await write(offsets)
    copies?.after(offsets)
  }
