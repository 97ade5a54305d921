import { compressLz4, decompressLz4 } from '#server/protocol/lz4.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { compressSnappy, decompressSnappy } from '#server/protocol/snappy.ts'

/** Loaded with the first batch that is packed. */
const zlib = () => process.getBuiltinModule('node:zlib')

/** The values of `compression.type`, with the number that a batch's attributes carry. */
export const compressionAttribute = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type Compression = keyof typeof compressionAttribute

const byAttribute = Object.keys(compressionAttribute) as Compression[]

export function compressionOf(attribute: number): Compression {
  const compression = byAttribute[attribute]
  if (!compression) throw new MalformedError(`compression ${attribute}`)
  return compression
}

/** What `compression.<type>.level` may be, where a type has levels (KIP-390); `or` is one more value, outside the range. */
export const compressionLevels = {
  gzip: { default: -1, min: 1, max: 9, or: -1 },
  lz4: { default: 9, min: 1, max: 17 },
  zstd: { default: 3, min: -131072, max: 22 },
} as const satisfies Partial<Record<Compression, { default: number; min: number; max: number; or?: number }>>

/** I12: no batch unpacks to more than this, however small it is. */
export const maxUnpackedBytes = 128 * 1024 * 1024

/** @param level of `compressionLevels`; types without levels take no notice of it */
export function compress(compression: Compression, bytes: Buffer, level?: number): Buffer {
  switch (compression) {
    case 'none':
      return bytes
    case 'gzip':
      return zlib().gzipSync(bytes, { level: level ?? compressionLevels.gzip.default })
    case 'snappy':
      return compressSnappy(bytes)
    case 'lz4':
      return compressLz4(bytes, lz4Attempts(level))
    case 'zstd': {
      const { zstdCompressSync, constants } = zlib()
      const params = { [constants.ZSTD_c_compressionLevel]: level ?? compressionLevels.zstd.default }
      return zstdCompressSync(bytes, { params })
    }
  }
}

/** Beyond it a batch would hold everybody up for little gain. */
const mostLz4Attempts = 1024

/** Kafka's default is the fast search, although there are levels below it. */
function lz4Attempts(level: number = compressionLevels.lz4.default): number | undefined {
  return level === compressionLevels.lz4.default ? undefined : Math.min(2 ** (level - 1), mostLz4Attempts)
}

/** Throws MalformedError on bytes that are not what the compression says, or that unpack to more than `limit`. */
export function decompress(compression: Compression, bytes: Buffer, limit = maxUnpackedBytes): Buffer {
  try {
    switch (compression) {
      case 'none':
        return bytes
      case 'gzip':
        return zlib().gunzipSync(bytes, { maxOutputLength: limit })
      case 'snappy':
        return decompressSnappy(bytes, limit)
      case 'lz4':
        return decompressLz4(bytes, limit)
      case 'zstd':
        return zlib().zstdDecompressSync(bytes, { maxOutputLength: limit })
    }
  } catch (error) {
    if (error instanceof MalformedError) throw error
    throw new MalformedError(`${compression} records cannot be unpacked`, { cause: error })
  }
}
