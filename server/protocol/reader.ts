import { MalformedError } from '#server/protocol/malformed-error.ts'

/**
 * Reads Kafka's primitive types off one buffer. I12: nothing is read or allocated beyond the buffer's end, whatever a
 * length says. Byte fields are views, not copies.
 */
export class Reader {
  readonly buffer: Buffer
  at: number

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer
    this.at = at
  }

  get remaining(): number {
    return this.buffer.length - this.at
  }

  /** Moves past `length` bytes and returns where they start. */
  skip(length: number): number {
    const start = this.at
    if (length < 0 || length > this.buffer.length - start) throw new MalformedError(`${length} bytes past the end`)
    this.at = start + length
    return start
  }

  take(length: number): Buffer {
    const start = this.skip(length)
    return this.buffer.subarray(start, start + length)
  }

  text(length: number): string {
    const start = this.skip(length)
    return this.buffer.toString('utf8', start, start + length)
  }

  int8(): number {
    return this.buffer.readInt8(this.skip(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.skip(2))
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.skip(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.skip(4))
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.skip(4))
  }

  bigint(): bigint {
    return this.buffer.readBigInt64BE(this.skip(8))
  }

  /** I14: a value that a number cannot hold exactly is refused, never rounded. */
  int64(): number {
    const at = this.skip(8)
    const value = this.buffer.readInt32BE(at) * 4294967296 + this.buffer.readUInt32BE(at + 4)
    if (!Number.isSafeInteger(value)) throw new MalformedError('int64 outside the safe range')
    return value
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.skip(8))
  }

  /** At most five bytes, at most 2^32 - 1. */
  unsignedVarint(): number {
    let value = 0
    for (let factor = 1; factor <= 268435456; factor *= 128) {
      const byte = this.buffer[this.skip(1)] ?? 0
      value += (byte & 127) * factor
      if (byte < 128) {
        if (value > 0xffffffff) break
        return value
      }
    }
    throw new MalformedError('varint too long')
  }
}
