import { createRequire } from 'node:module'

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC32C (Castagnoli) in plain JavaScript: for machines that the native package has no binary for. */
export function portableCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

function nativeCrc32c(): ((bytes: Uint8Array) => number) | undefined {
  try {
    const native: { crc32c(bytes: Uint8Array): number } = createRequire(import.meta.url)('@node-rs/crc32')
    return native.crc32c
  } catch {
    // Only an optional binary is missing: the fallback gives the same answer, slower.
    return undefined
  }
}

let chosen: ((bytes: Uint8Array) => number) | undefined

/** CRC32C as record batches use it; `zlib.crc32` is another polynomial. The native package is loaded with the first batch. */
export function crc32c(bytes: Uint8Array): number {
  chosen ??= nativeCrc32c() ?? portableCrc32c
  return chosen(bytes)
}
