import { totalmem } from 'node:os'
import { askAtOnce, mayHold } from '#server/core/record-budget.ts'
import type { RecordMemory } from '#server/kafka/record-memory.ts'
import type { SlabPool } from '#server/kafka/slab-pool.ts'

/** The place of one thread in the memory in which all threads write down what they hold; crosses the thread boundary. */
export interface BudgetPlace {
  readonly shared: SharedArrayBuffer
  readonly row: number
  readonly bytes: number
}

/** Memory for records, shared by the tasks of all threads of a pool: R-I15, I12. */
export interface RecordBudget {
  readonly bytes: number
  /** What all tasks hold now. */
  held(): number
  /** Given back when the thread is gone, whatever it still held. */
  place(): { place: BudgetPlace; giveBack(): void }
}

export interface TaskMemory extends RecordMemory {
  /** The task has ended: it holds nothing any more, and has no share. */
  close(): void
}

/** Counted in KiB, which fit what can be added up while others do. */
const unit = 1_024
const inUnits = (bytes: number) => Math.ceil(bytes / unit)
/** What a thread holds, and how many tasks it has. */
const rowWords = 2
/** Less is not worth a question to Kafka, which sends a whole batch in any case. */
const leastAtOnce = 64 * 1_024
const leastBudget = 64 * 1_024 * 1_024

/** A quarter of what the machine, or the container, has. */
export function defaultRecordBytes(): number {
  const container = process.constrainedMemory() || Number.POSITIVE_INFINITY
  return Math.max(leastBudget, Math.floor(Math.min(totalmem(), container) / 4))
}

/** @param threads that carry tasks at one time, at most; more share the last place */
export function createRecordBudget(bytes: number, threads: number): RecordBudget {
  const shared = new SharedArrayBuffer(threads * rowWords * Int32Array.BYTES_PER_ELEMENT)
  const words = new Int32Array(shared)
  const free = Array.from({ length: threads - 1 }, (_, row) => row)
  return {
    bytes,
    held: () => sumOf(words, 0) * unit,
    place() {
      const row = free.pop()
      return {
        place: { shared, row: row ?? threads - 1, bytes },
        giveBack() {
          if (row === undefined) return
          for (let word = 0; word < rowWords; word++) Atomics.store(words, row * rowWords + word, 0)
          free.push(row)
        },
      }
    },
  }
}

function sumOf(words: Int32Array, word: number): number {
  let sum = 0
  for (let at = word; at < words.length; at += rowWords) sum += Atomics.load(words, at)
  return sum
}

/** The inside of a thread: what each of its tasks holds. */
export function createThreadMemory({ shared, row, bytes }: BudgetPlace): { task(): TaskMemory } {
  const words = new Int32Array(shared)
  const budget = Math.floor(bytes / unit)
  const holdings = () => ({ budget, total: sumOf(words, 0), tasks: sumOf(words, 1) })
  return {
    task() {
      let held = 0
      let closed = false
      const change = (by: number) => {
        if (closed) return
        held += by
        Atomics.add(words, row * rowWords, by)
      }
      Atomics.add(words, row * rowWords + 1, 1)
      return {
        hold: (more) => change(inUnits(more)),
        release: (less) => change(-inUnits(less)),
        fits: (more) => mayHold(holdings(), held, inUnits(more)),
        atOnce: () => askAtOnce(holdings(), leastAtOnce / unit) * unit,
        close() {
          if (closed) return
          change(-held)
          closed = true
          Atomics.sub(words, row * rowWords + 1, 1)
        },
      }
    },
  }
}

/** The slabs of a thread as one task takes them. */
export function slabsWithin(pool: SlabPool, memory: RecordMemory): SlabPool {
  return {
    slabBytes: pool.slabBytes,
    take(bytes) {
      const slab = pool.take(bytes)
      memory.hold(slab.length)
      return slab
    },
    give(slab) {
      memory.release(slab.length)
      pool.give(slab)
    },
    fits: memory.fits,
  }
}
