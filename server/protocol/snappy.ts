import { createGrowingBuffer, type GrowingBuffer } from '#server/protocol/growing-buffer.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { findMatches } from '#server/protocol/match-finder.ts'
import { Reader } from '#server/protocol/reader.ts'
import { Writer } from '#server/protocol/writer.ts'

/** What snappy-java writes in front of its blocks: magic, version 1, compatible with 1. */
const javaHeader = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const javaBlock = 32 * 1024

/** Snappy in the framing of snappy-java, which every Kafka client reads. */
export function compressSnappy(bytes: Buffer): Buffer {
  const writer = new Writer(bytes.length / 2 + 64)
  writer.bytes(javaHeader)
  for (let start = 0; start < bytes.length; start += javaBlock) {
    const block = compressBlock(bytes, start, Math.min(start + javaBlock, bytes.length))
    writer.int32(block.length)
    writer.bytes(block)
  }
  return Buffer.concat(writer.finish())
}

/** Reads snappy-java's framing and bare snappy, as librdkafka and others write it. */
export function decompressSnappy(bytes: Buffer, limit: number): Buffer {
  const out = createGrowingBuffer(bytes.length * 3, limit)
  if (!bytes.subarray(0, 8).equals(javaHeader.subarray(0, 8))) {
    decompressBlock(bytes, out)
    return out.finish()
  }
  const reader = new Reader(bytes, javaHeader.length)
  while (reader.remaining > 0) decompressBlock(reader.take(reader.int32()), out)
  return out.finish()
}

function compressBlock(bytes: Buffer, start: number, end: number): Buffer {
  const writer = new Writer(end - start + 32)
  writer.unsignedVarint(end - start)
  findMatches(bytes, start, end, 0, {
    literals(from, to) {
      if (from === to) return
      const less = to - from - 1
      if (less < 60) writer.bytes(Uint8Array.of(less << 2))
      else if (less < 256) writer.bytes(Uint8Array.of(60 << 2, less))
      else writer.bytes(Uint8Array.of(61 << 2, less & 255, less >> 8))
      writer.bytes(bytes.subarray(from, to))
    },
    match(distance, length) {
      // A copy with a two-byte distance covers at most 64 bytes.
      for (let left = length; left > 0; left -= 64) {
        writer.bytes(Uint8Array.of(((Math.min(left, 64) - 1) << 2) | 2, distance & 255, distance >> 8))
      }
    },
  })
  return Buffer.concat(writer.finish())
}

function decompressBlock(block: Buffer, out: GrowingBuffer): void {
  const reader = new Reader(block)
  const end = out.length + reader.unsignedVarint()
  while (reader.remaining > 0) {
    const tag = block[reader.skip(1)] ?? 0
    const high = tag >> 2
    switch (tag & 3) {
      case 0: {
        const wide = high - 59
        const length = (wide > 0 ? block.readUIntLE(reader.skip(wide), wide) : high) + 1
        const start = reader.skip(length)
        out.copy(block, start, start + length)
        break
      }
      case 1:
        out.repeat(((tag >> 5) << 8) | (block[reader.skip(1)] ?? 0), (high & 7) + 4)
        break
      case 2:
        out.repeat(block.readUInt16LE(reader.skip(2)), high + 1)
        break
      case 3:
        out.repeat(block.readUInt32LE(reader.skip(4)), high + 1)
        break
    }
    if (out.length > end) throw new MalformedError('snappy block longer than it says')
  }
  if (out.length !== end) throw new MalformedError('snappy block shorter than it says')
}
