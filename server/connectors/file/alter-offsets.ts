import type { OffsetChange } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'

/** What a person may store for a file source, in the words of Kafka's `FileStreamSourceConnector.alterOffsets`. */
export function checkOffsets(config: Readonly<Record<string, string>>, offsets: readonly OffsetChange[]): boolean {
  if (!config.file) {
    refuse(
      "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for input and offsets are not tracked.",
    )
  }
  for (const { partition, offset } of offsets) {
    // A tombstone is taken for anything: it can only clean up.
    if (offset === null) continue
    if (!Object.hasOwn(offset, 'position')) refuse("Offset objects should either be null or contain the key 'position'")
    const { position } = offset
    if (!Number.isInteger(position) && typeof position !== 'bigint') {
      refuse("The value for the 'position' key in the offset is expected to be a Long value")
    }
    if (Number(position) < 0) refuse("The value for the 'position' key in the offset should be a non-negative value")
    if (partition === null) refuse('Partition objects cannot be null')
    if (!Object.hasOwn(partition, 'filename')) refuse("Partition objects should contain the key 'filename'")
  }
  return true
}

function refuse(message: string): never {
  // Kafka Connect answers 500 to whatever a connector throws here.
  throw new ConnectError('BAD_REQUEST', message, { status: 500 })
}
