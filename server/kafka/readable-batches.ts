import { MalformedError } from '#server/protocol/malformed-error.ts'
import { type BatchView, readBatches } from '#server/protocol/record-batch.ts'

/** A batch of which the bytes are not those that were written; `offset` is where it says that it begins. */
export interface CorruptBatch {
  offset: number
  error: MalformedError
}

/** The batches of a fetch answer up to the first that cannot be read, and that one where there is one. */
export function readableBatches(
  records: Buffer,
  options: { verifyCrc: boolean },
): { batches: BatchView[]; corrupt: CorruptBatch | undefined } {
  const batches: BatchView[] = []
  let at = 0
  try {
    for (const batch of readBatches(records, options)) {
      // Markers decide what else is seen; without checksums only the records themselves tell that they are none.
      if (options.verifyCrc) batch.controlType()
      else batch.index()
      batches.push(batch)
      at += batch.bytes.length
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    return { batches, corrupt: { offset: Number(records.readBigInt64BE(at)), error } }
  }
  return { batches, corrupt: undefined }
}
