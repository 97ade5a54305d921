import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import type { Reading } from '#server/kafka/reading.ts'
import type { RecordMemory } from '#server/kafka/record-memory.ts'
import { takeRecords } from '#server/kafka/take-records.ts'

/**
 * What has arrived of assigned partitions and waits to be taken, and the bytes that it holds (I12). What was taken stays
 * held until it is done with.
 */
export interface FetchedBuffer {
  /** In the place of what the partition holds, which is let go. */
  put(reading: Reading, fetched: FetchedPartition | undefined): void
  /** The most that one answer may bring. */
  answerBytes(): number
  /** False while so much waits that nothing more may be fetched. What paused partitions hold is let go: it can be fetched again. */
  makeRoom(): boolean
  hasReady(): boolean
  /** What may be handed over now, in the turn of the partitions. */
  takeReady(): FetchedPartition[]
  /** What was taken is done with. */
  done(): void
}

export interface FetchedBufferOptions {
  maxBytes: number
  maxPollRecords: number
  maxBufferedBytes: number
  memory: RecordMemory
}

const sizeOf = (fetched: FetchedPartition | undefined) =>
  (fetched?.batches ?? []).reduce((sum, { bytes }) => sum + bytes.length, 0)

/** @param readings by a key each, in the order of their turn, which `takeReady` changes */
export function createFetchedBuffer(readings: Map<string, Reading>, options: FetchedBufferOptions): FetchedBuffer {
  const { memory } = options
  /** Bytes that were taken and are not done with. */
  let handed = 0

  const answerBytes = () => Math.min(options.maxBytes, memory.atOnce())

  function put(reading: Reading, fetched: FetchedPartition | undefined) {
    if (reading.buffered) memory.release(sizeOf(reading.buffered))
    if (fetched) memory.hold(sizeOf(fetched))
    reading.buffered = fetched
  }

  return {
    put,
    answerBytes,
    makeRoom() {
      const held = [...readings.values()].filter(({ buffered }) => buffered !== undefined)
      let bytes = held.reduce((sum, { buffered }) => sum + sizeOf(buffered), 0)
      const hasRoom = () => bytes < options.maxBufferedBytes && memory.fits(answerBytes())
      for (const reading of held) {
        if (hasRoom()) return true
        if (!reading.paused || !reading.buffered) continue
        bytes -= sizeOf(reading.buffered)
        reading.fetchFrom = reading.buffered.startOffset
        put(reading, undefined)
      }
      return hasRoom()
    },
    hasReady: () => [...readings.values()].some((reading) => reading.buffered && !reading.paused),
    takeReady() {
      const ready: FetchedPartition[] = []
      let left = options.maxPollRecords
      for (const [key, reading] of [...readings]) {
        if (!reading.buffered || reading.paused || left <= 0) continue
        const { taken, count, rest } = takeRecords(reading.buffered, left)
        left -= count
        // It stays held until it is done with; a batch of which something is left counts as waiting.
        handed += sizeOf(reading.buffered) - sizeOf(rest)
        reading.buffered = rest
        reading.position = taken.nextOffset
        ready.push(taken)
        // The next ones come from those that wait longest.
        if (!rest && left < Number.POSITIVE_INFINITY) {
          readings.delete(key)
          readings.set(key, reading)
        }
      }
      return ready
    },
    done() {
      memory.release(handed)
      handed = 0
    },
  }
}
