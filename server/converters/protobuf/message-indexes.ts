import type { ProtoFile, ProtoMessage } from '#server/converters/protobuf/proto-schema.ts'
import type { ByteSink } from '#server/converters/registry/byte-sink.ts'
import type { ByteSource } from '#server/converters/registry/byte-source.ts'
import { SerializationError } from '#server/sdk/data-error.ts'

/** Deeper than anybody nests messages. */
const deepest = 100

/** Which message of its file a value is: the positions from the outermost to the one meant. */
export function readIndexes(from: ByteSource): readonly number[] {
  const count = from.zigzag32()
  if (count === 0) return first
  if (count < 0 || count > deepest) throw new SerializationError('Invalid message indexes')
  return Array.from({ length: count }, () => from.zigzag32())
}

const first: readonly number[] = [0]

/** The first message of a file, which is what most values are, is a single zero. */
export function writeIndexes(indexes: readonly number[], to: ByteSink): void {
  if (indexes.length === 1 && indexes[0] === 0) {
    to.byte(0)
    return
  }
  to.zigzag(indexes.length)
  for (const index of indexes) to.zigzag(index)
}

export function messageAt(file: ProtoFile, indexes: readonly number[]): ProtoMessage {
  let level: readonly ProtoMessage[] = file
  let found: ProtoMessage | undefined
  for (const index of indexes) {
    found = level[index]
    if (!found) throw new SerializationError(`There is no message ${indexes.join('.')} in the schema`)
    level = found.nested
  }
  if (!found) throw new SerializationError('Invalid message indexes')
  return found
}
