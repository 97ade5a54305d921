import { wireTypes } from '#server/converters/protobuf/proto-scalar.ts'
import type { ByteSource } from '#server/converters/registry/byte-source.ts'
import { SerializationError } from '#server/sdk/data-error.ts'

const deepestGroup = 100

/** Moves behind a field that nobody asks for; its tag is read already. */
export function skipField(from: ByteSource, tag: number, depth = 0): void {
  switch (tag % 8) {
    case wireTypes.varint:
      from.uint64()
      return
    case wireTypes.fixed64:
      from.skip(8)
      return
    case wireTypes.bytes:
      from.skip(from.varint())
      return
    case wireTypes.fixed32:
      from.skip(4)
      return
    case wireTypes.startGroup:
      if (depth > deepestGroup) throw new SerializationError('Groups are nested too deep')
      for (;;) {
        const inner = from.varint()
        if (inner % 8 === wireTypes.endGroup) return
        skipField(from, inner, depth + 1)
      }
    default:
      throw new SerializationError(`Invalid wire type ${tag % 8}`)
  }
}
