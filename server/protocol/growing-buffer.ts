import { MalformedError } from '#server/protocol/malformed-error.ts'

/** Output of a decompressor: grows up to a limit (I12) and can repeat what it already holds. */
export function createGrowingBuffer(capacity: number, limit: number) {
  let buffer = Buffer.allocUnsafe(Math.min(Math.max(capacity, 64), limit))
  let length = 0

  function room(more: number): number {
    const needed = length + more
    if (needed > limit) throw new MalformedError(`unpacks to more than ${limit} bytes`)
    if (needed > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(buffer.length * 2, needed)))
      buffer.copy(larger, 0, 0, length)
      buffer = larger
    }
    const start = length
    length = needed
    return start
  }

  return {
    get length() {
      return length
    },
    copy(source: Buffer, start: number, end: number): void {
      if (end > source.length || start > end) throw new MalformedError('literal past the end')
      const at = room(end - start)
      source.copy(buffer, at, start, end)
    },
    /** Repeats `count` bytes from `distance` back; the two may overlap. */
    repeat(distance: number, count: number): void {
      if (distance < 1 || distance > length) throw new MalformedError(`match ${distance} bytes back`)
      const at = room(count)
      if (distance >= count) buffer.copyWithin(at, at - distance, at - distance + count)
      else for (let i = at; i < at + count; i++) buffer[i] = buffer[i - distance] ?? 0
    },
    finish: (): Buffer => buffer.subarray(0, length),
  }
}

export type GrowingBuffer = ReturnType<typeof createGrowingBuffer>
