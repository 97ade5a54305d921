import { readSync } from 'node:fs'

/** Reads `length` bytes at `position`, or as many as the file has. */
export function readAt(handle: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  let read = 0
  while (read < length) {
    const count = readSync(handle, bytes, read, length - read, position + read)
    if (count === 0) return bytes.subarray(0, read)
    read += count
  }
  return bytes
}
