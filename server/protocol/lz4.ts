import { createGrowingBuffer, type GrowingBuffer } from '#server/protocol/growing-buffer.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { findLongMatches, findMatches, type LzSink } from '#server/protocol/match-finder.ts'
import { Reader } from '#server/protocol/reader.ts'
import { Writer } from '#server/protocol/writer.ts'
import { xxhash32 } from '#server/protocol/xxhash32.ts'

const magic = 0x184d2204
/** Version 1, independent blocks, no checksums; blocks of at most 64 KiB. */
const descriptor = Buffer.from([0x60, 0x40])
const blockBytes = 64 * 1024
const uncompressed = 0x80000000
/** The format keeps the last five bytes literal and starts no match in the last twelve. */
const literalTail = 12

/**
 * The LZ4 frame format, as Kafka's magic 2 batches carry it.
 *
 * @param attempts earlier places to compare each position with; without it the search is fast rather than thorough
 */
export function compressLz4(bytes: Buffer, attempts?: number): Buffer {
  const writer = new Writer(bytes.length / 2 + 64)
  writer.bytes(little(magic))
  writer.bytes(descriptor)
  writer.bytes(Uint8Array.of((xxhash32(descriptor) >>> 8) & 255))
  for (let start = 0; start < bytes.length; start += blockBytes) {
    const plain = bytes.subarray(start, start + blockBytes)
    const block = compressBlock(plain, attempts)
    const packed = block.length < plain.length
    writer.bytes(little(packed ? block.length : plain.length + uncompressed))
    writer.bytes(packed ? block : plain)
  }
  writer.bytes(little(0))
  return Buffer.concat(writer.finish())
}

export function decompressLz4(bytes: Buffer, limit: number): Buffer {
  const out = createGrowingBuffer(bytes.length * 3, limit)
  const reader = new Reader(bytes)
  const uint32 = () => bytes.readUInt32LE(reader.skip(4))
  if (uint32() !== magic) throw new MalformedError('not an LZ4 frame')
  const from = reader.at
  const flags = bytes[reader.skip(2)] ?? 0
  if (flags >> 6 !== 1 || flags & 1) throw new MalformedError(`LZ4 frame with flags ${flags}`)
  if (flags & 8) reader.skip(8)
  const expected = (xxhash32(bytes.subarray(from, reader.at)) >>> 8) & 255
  if (bytes[reader.skip(1)] !== expected) throw new MalformedError('LZ4 frame header fails its checksum')
  for (let size = uint32(); size !== 0; size = uint32()) {
    const block = reader.take(size % uncompressed)
    if (size >= uncompressed) out.copy(block, 0, block.length)
    else decompressBlock(block, out)
    if (flags & 16) reader.skip(4)
  }
  return out.finish()
}

const little = (value: number) => {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** A length beyond fifteen (or a match beyond nineteen) goes on in bytes of 255. */
function writeRest(writer: Writer, length: number): void {
  let rest = length - 15
  if (rest < 0) return
  for (; rest >= 255; rest -= 255) writer.bytes(Uint8Array.of(255))
  writer.bytes(Uint8Array.of(rest))
}

function compressBlock(bytes: Buffer, attempts: number | undefined): Buffer {
  const writer = new Writer(bytes.length + 64)
  let from = 0
  let to = 0
  const sequence = (matchLength: number, distance: number) => {
    const literals = to - from
    const match = Math.max(matchLength - 4, 0)
    writer.bytes(Uint8Array.of((Math.min(literals, 15) << 4) | Math.min(match, 15)))
    writeRest(writer, literals)
    writer.bytes(bytes.subarray(from, to))
    if (matchLength === 0) return
    writer.bytes(Uint8Array.of(distance & 255, distance >> 8))
    writeRest(writer, match)
  }
  const sink: LzSink = {
    literals(start, end) {
      from = start
      to = end
      if (end === bytes.length) sequence(0, 0)
    },
    match: (distance, length) => sequence(length, distance),
  }
  if (attempts === undefined) findMatches(bytes, 0, bytes.length, literalTail, sink)
  else findLongMatches(bytes, { start: 0, end: bytes.length, tail: literalTail }, attempts, sink)
  return Buffer.concat(writer.finish())
}

function decompressBlock(block: Buffer, out: GrowingBuffer): void {
  const reader = new Reader(block)
  const rest = (first: number) => {
    let length = first
    if (first !== 15) return length
    for (let byte = 255; byte === 255; length += byte) byte = block[reader.skip(1)] ?? 0
    return length
  }
  while (reader.remaining > 0) {
    const token = block[reader.skip(1)] ?? 0
    const literals = rest(token >> 4)
    const start = reader.skip(literals)
    out.copy(block, start, start + literals)
    if (reader.remaining === 0) return
    const distance = block.readUInt16LE(reader.skip(2))
    out.repeat(distance, rest(token & 15) + 4)
  }
}
