import type { LogSlice } from '#server/broker/log/batch-walk.ts'

/** A batch that is still in memory after it was written. */
interface CachedBatch {
  baseOffset: number
  lastOffset: number
  bytes: Buffer
}

/** The newest batches of one log, oldest first, so that reading at the end costs no file access. */
export interface Tail {
  push(batch: CachedBatch): void
  /**
   * Whole batches from the one that holds `offset` on that begin before `upTo`, or undefined when that one is not in
   * memory any more.
   */
  read(offset: number, maxBytes: number, upTo: number): LogSlice | undefined
  clear(): void
}

/** One budget of bytes for the tails of all logs (I12); the oldest batch of all leaves first. */
export interface TailCache {
  tail(): Tail
}

/** A small batch is copied, so that it does not keep the whole chunk alive that it arrived in. */
const copyBelowBytes = 16 * 1024

export function createTailCache(maxBytes: number): TailCache {
  const order: { leave(): number }[] = []
  let first = 0
  let size = 0

  function admit(entry: { leave(): number }, bytes: number) {
    order.push(entry)
    size += bytes
    while (size > maxBytes && first < order.length) {
      size -= order[first]?.leave() ?? 0
      first++
    }
    if (first > 1024 && first * 2 > order.length) {
      order.splice(0, first)
      first = 0
    }
  }

  return {
    tail() {
      const batches: CachedBatch[] = []
      let head = 0
      let cleared = 0

      const leaveOldest = (generation: number) => () => {
        // What `clear` threw out has left already, but is still counted.
        const oldest = batches[head]
        if (generation !== cleared || !oldest) return 0
        head++
        if (head > 256 && head * 2 > batches.length) {
          batches.splice(0, head)
          head = 0
        }
        return oldest.bytes.length
      }

      return {
        push({ baseOffset, lastOffset, bytes }) {
          if (bytes.length > maxBytes) return this.clear()
          const kept = bytes.length < copyBelowBytes ? Buffer.from(bytes) : bytes
          batches.push({ baseOffset, lastOffset, bytes: kept })
          admit({ leave: leaveOldest(cleared) }, bytes.length)
        },
        read(offset, limit, upTo) {
          const oldest = batches[head]
          if (!oldest || offset < oldest.baseOffset) return undefined
          let low = head
          let high = batches.length
          while (low < high) {
            const middle = (low + high) >>> 1
            if ((batches[middle]?.lastOffset ?? 0) < offset) low = middle + 1
            else high = middle
          }
          const slice: LogSlice = { records: [], nextOffset: offset }
          let size = 0
          for (let at = low; at < batches.length; at++) {
            const batch = batches[at]
            if (!batch || batch.baseOffset >= upTo || (size > 0 && size + batch.bytes.length > limit)) break
            slice.records.push(batch.bytes)
            slice.nextOffset = batch.lastOffset + 1
            size += batch.bytes.length
          }
          return slice
        },
        clear() {
          for (let at = head; at < batches.length; at++) size -= batches[at]?.bytes.length ?? 0
          batches.length = 0
          head = 0
          cleared++
        },
      }
    },
  }
}
