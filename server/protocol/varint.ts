// Zigzag varints of record batches (Protocol Buffers' encoding), written and measured without an object.

/** Bytes of `value` (int32) as a zigzag varint. */
export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  return zigzag < 128 ? 1 : zigzag < 16384 ? 2 : zigzag < 2097152 ? 3 : zigzag < 268435456 ? 4 : 5
}

/** Writes an int32 and returns the position behind it. */
export function writeVarint(target: Buffer, start: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  let at = start
  while (zigzag > 127) {
    target[at++] = (zigzag & 127) | 128
    zigzag >>>= 7
  }
  target[at++] = zigzag
  return at
}

const fitsInt31 = (value: number) => value >= -1073741824 && value < 1073741824
const zigzagOf = (value: number) => (value >= 0 ? BigInt(value) * 2n : BigInt(value) * -2n - 1n)

/** Bytes of `value` (any safe integer) as a zigzag varint. */
export function sizeOfVarlong(value: number): number {
  if (fitsInt31(value)) return sizeOfVarint(value)
  let size = 1
  for (let rest = zigzagOf(value); rest > 127n; rest >>= 7n) size++
  return size
}

/** Writes any safe integer and returns the position behind it. */
export function writeVarlong(target: Buffer, start: number, value: number): number {
  if (fitsInt31(value)) return writeVarint(target, start, value)
  let at = start
  let rest = zigzagOf(value)
  for (; rest > 127n; rest >>= 7n) target[at++] = Number(rest & 127n) | 128
  target[at++] = Number(rest)
  return at
}

/** Writes an int64 in big-endian order. */
export function writeInt64(target: Buffer, at: number, value: number): void {
  const high = Math.floor(value / 4294967296)
  target.writeInt32BE(high, at)
  target.writeUInt32BE(value - high * 4294967296, at + 4)
}
