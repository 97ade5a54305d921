import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { compressLz4, decompressLz4 } from '#server/protocol/lz4.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { compressSnappy, decompressSnappy } from '#server/protocol/snappy.ts'

/** The values of `compression.type`, with the number that a batch's attributes carry. */
export const compressionAttribute = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type Compression = keyof typeof compressionAttribute

const byAttribute = Object.keys(compressionAttribute) as Compression[]

export function compressionOf(attribute: number): Compression {
  const compression = byAttribute[attribute]
  if (!compression) throw new MalformedError(`compression ${attribute}`)
  return compression
}

/** I12: no batch unpacks to more than this, however small it is. */
export const maxUnpackedBytes = 128 * 1024 * 1024

export function compress(compression: Compression, bytes: Buffer): Buffer {
  switch (compression) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes)
    case 'snappy':
      return compressSnappy(bytes)
    case 'lz4':
      return compressLz4(bytes)
    case 'zstd':
      return zstdCompressSync(bytes)
  }
}

/** Throws MalformedError on bytes that are not what the compression says, or that unpack to more than `limit`. */
export function decompress(compression: Compression, bytes: Buffer, limit = maxUnpackedBytes): Buffer {
  try {
    switch (compression) {
      case 'none':
        return bytes
      case 'gzip':
        return gunzipSync(bytes, { maxOutputLength: limit })
      case 'snappy':
        return decompressSnappy(bytes, limit)
      case 'lz4':
        return decompressLz4(bytes, limit)
      case 'zstd':
        return zstdDecompressSync(bytes, { maxOutputLength: limit })
    }
  } catch (error) {
    if (error instanceof MalformedError) throw error
    throw new MalformedError(`${compression} records cannot be unpacked`, { cause: error })
  }
}
