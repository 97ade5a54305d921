const smallestBytes = 1024

/** Where converters write: memory that grows and is used again for every record. */
export class ByteSink {
  bytes: Buffer = Buffer.allocUnsafe(smallestBytes)
  at = 0

  /** A copy of what was written. */
  take(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.at))
  }

  /** Makes room for `count` bytes more. */
  room(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }

  byte(value: number): void {
    this.room(1)
    this.bytes[this.at++] = value
  }

  /** An unsigned number below 2^53, seven bits a byte, lowest first. */
  varint(value: number): void {
    this.room(8)
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.at++] = rest
  }

  /** The low 64 bits, unsigned. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value)
    if (rest <= 0x1fffffffffffffn) {
      this.varint(Number(rest))
      return
    }
    this.room(10)
    while (rest >= 0x80n) {
      this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[this.at++] = Number(rest)
  }

  /** Small numbers of either sign in few bytes. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  zigzag64(value: bigint): void {
    const plain = Number(value)
    if (plain > -(2 ** 51) && plain < 2 ** 51) this.zigzag(plain)
    else this.varint64((value << 1n) ^ (value >> 63n))
  }

  float(value: number): void {
    this.room(4)
    this.at = this.bytes.writeFloatLE(value, this.at)
  }

  double(value: number): void {
    this.room(8)
    this.at = this.bytes.writeDoubleLE(value, this.at)
  }

  raw(value: Uint8Array): void {
    this.room(value.length)
    this.bytes.set(value, this.at)
    this.at += value.length
  }

  /** Without its length. */
  utf8(text: string, byteLength = Buffer.byteLength(text)): void {
    this.room(byteLength)
    this.at += this.bytes.write(text, this.at, byteLength, 'utf8')
  }

  /** Moves what was written from `from` on to the right and puts its length before it. */
  lengthBefore(from: number): void {
    const length = this.at - from
    const width = length < 0x80 ? 1 : Math.ceil(Math.log2(length + 1) / 7)
    this.room(width)
    this.bytes.copyWithin(from + width, from, this.at)
    this.at = from
    this.varint(length)
    this.at = from + width + length
  }
}
