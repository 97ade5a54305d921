import { SerializationError } from '#server/sdk/data-error.ts'

/** Reads bytes that may be anything: never beyond their end, never more than they can hold. */
export class ByteSource {
  readonly bytes: Buffer
  readonly end: number
  at: number

  constructor(bytes: Buffer, at: number, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  /** Moves over `count` bytes and answers where they begin. Throws `SerializationError` when there are not as many. */
  skip(count: number): number {
    if (!(count >= 0 && count <= this.end - this.at)) throw new SerializationError('The data ends too early')
    const from = this.at
    this.at += count
    return from
  }

  byte(): number {
    return this.bytes[this.skip(1)] as number
  }

  /** An unsigned number of up to 64 bits as its low and high halves, both below 2^32. */
  #low = 0
  #high = 0
  #halves(): void {
    let low = 0
    let high = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= (bits & 0x0f) << 28
        high |= bits >> 4
      } else if (shift < 63) high |= bits << (shift - 32)
      else high |= (bits & 1) << 31
      if (byte < 0x80) break
      if (shift === 63) throw new SerializationError('A number is longer than 64 bits')
    }
    this.#low = low >>> 0
    this.#high = high >>> 0
  }

  /** A length or count: a number below 2^53. */
  varint(): number {
    const first = this.bytes[this.at] as number
    if (this.at < this.end && first < 0x80) {
      this.at += 1
      return first
    }
    this.#halves()
    if (this.#high >= 0x200000) throw new SerializationError('A length is too large')
    return this.#high * 2 ** 32 + this.#low
  }

  /** The low 32 bits of a number, signed. */
  int32(): number {
    this.#halves()
    return this.#low | 0
  }

  uint64(): bigint {
    this.#halves()
    return this.#high < 0x200000
      ? BigInt(this.#high * 2 ** 32 + this.#low)
      : (BigInt(this.#high) << 32n) | BigInt(this.#low)
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64())
  }

  zigzag64(): bigint {
    this.#halves()
    if (this.#high < 0x100000) {
      const plain = this.#high * 2 ** 32 + this.#low
      return BigInt(plain % 2 === 0 ? plain / 2 : -(plain + 1) / 2)
    }
    const raw = (BigInt(this.#high) << 32n) | BigInt(this.#low)
    return (raw >> 1n) ^ -(raw & 1n)
  }

  /** A signed number of 32 bits. */
  zigzag32(): number {
    this.#halves()
    if (this.#high !== 0) throw new SerializationError('A number is longer than 32 bits')
    return (this.#low >>> 1) ^ -(this.#low & 1)
  }

  float(): number {
    return this.bytes.readFloatLE(this.skip(4))
  }

  double(): number {
    return this.bytes.readDoubleLE(this.skip(8))
  }

  /** A copy, because the memory beneath belongs to what was fetched. */
  raw(count: number): Buffer {
    const from = this.skip(count)
    return Buffer.from(this.bytes.subarray(from, from + count))
  }

  utf8(count: number): string {
    const from = this.skip(count)
    return this.bytes.toString('utf8', from, from + count)
  }
}
