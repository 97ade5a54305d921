/** Writes Kafka's primitive types into a growing buffer; foreign buffers are spliced in without a copy. */
export class Writer {
  buffer: Buffer
  at = 0
  #flushed = 0
  readonly #chunks: Buffer[] = []

  constructor(capacity = 256) {
    this.buffer = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#flushed + this.at
  }

  /** Makes room for `length` bytes and returns where they go. */
  room(length: number): number {
    const start = this.at
    if (start + length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, start + length))
      this.buffer.copy(larger, 0, 0, start)
      this.buffer = larger
    }
    this.at = start + length
    return start
  }

  int8(value: number): void {
    const at = this.room(1)
    this.buffer.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.room(2)
    this.buffer.writeInt16BE(value, at)
  }

  uint16(value: number): void {
    const at = this.room(2)
    this.buffer.writeUInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.room(4)
    this.buffer.writeInt32BE(value, at)
  }

  uint32(value: number): void {
    const at = this.room(4)
    this.buffer.writeUInt32BE(value, at)
  }

  bigint(value: bigint): void {
    const at = this.room(8)
    this.buffer.writeBigInt64BE(value, at)
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an exact int64`)
    const at = this.room(8)
    const high = Math.floor(value / 4294967296)
    this.buffer.writeInt32BE(high, at)
    this.buffer.writeUInt32BE(value - high * 4294967296, at + 4)
  }

  float64(value: number): void {
    const at = this.room(8)
    this.buffer.writeDoubleBE(value, at)
  }

  unsignedVarint(value: number): void {
    let rest = value
    while (rest > 127) {
      const at = this.room(1)
      this.buffer[at] = (rest & 127) | 128
      rest = Math.floor(rest / 128)
    }
    const at = this.room(1)
    this.buffer[at] = rest
  }

  bytes(value: Uint8Array): void {
    const at = this.room(value.length)
    this.buffer.set(value, at)
  }

  text(value: string, length: number): void {
    const at = this.room(length)
    this.buffer.write(value, at, length, 'utf8')
  }

  /** The caller keeps `bytes` unchanged until the whole list is on the wire. */
  splice(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#flush()
    this.#chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    this.#flushed += bytes.length
  }

  finish(): Buffer[] {
    this.#flush()
    return this.#chunks
  }

  #flush(): void {
    if (this.at === 0) return
    this.#chunks.push(this.buffer.subarray(0, this.at))
    this.#flushed += this.at
    this.buffer = this.buffer.subarray(this.at)
    this.at = 0
  }
}
