import { readFileSync } from 'node:fs'
import { writeFileDurably } from '#server/broker/log/write-file-durably.ts'

/** A transaction that was aborted, as one partition saw it (Kafka: AbortedTxn). */
export interface AbortedTransaction {
  producerId: number
  /** Of its first record. */
  firstOffset: number
  /** Of its marker. */
  lastOffset: number
  /** Where the undecided part of the log began once the marker was written: whoever aborts later began there or later. */
  lastStableOffset: number
}

/** The aborted transactions of one partition in the order of their markers: what a reader of decided records skips. */
export interface AbortedTransactions {
  add(transaction: AbortedTransaction): void
  /** Those that have records at `from` or later and before `to`. */
  overlapping(from: number, to: number): AbortedTransaction[]
  /** Whether the record that the producer wrote at the offset was aborted. */
  covers(producerId: number, offset: number): boolean
  /** Those whose marker stands at `from` or later and before `to`. */
  endingIn(from: number, to: number): AbortedTransaction[]
  keepOnly(wanted: (transaction: AbortedTransaction) => boolean): void
}

export function createAbortedTransactions(known: readonly AbortedTransaction[] = []): AbortedTransactions {
  // A crash of the cleaner may leave the same one beside two segments.
  let all = [...new Map(known.map((transaction) => [transaction.lastOffset, transaction])).values()].sort(
    (a, b) => a.lastOffset - b.lastOffset,
  )

  /** The first whose marker stands at the offset or later. */
  function position(offset: number): number {
    let low = 0
    let high = all.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((all[middle]?.lastOffset ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    add: (transaction) => void all.push(transaction),
    overlapping(from, to) {
      const found: AbortedTransaction[] = []
      for (let at = position(from); at < all.length; at++) {
        const transaction = all[at]
        if (!transaction) break
        if (transaction.firstOffset < to) found.push(transaction)
        if (transaction.lastStableOffset >= to) break
      }
      return found
    },
    covers(producerId, offset) {
      // A producer's own transactions do not overlap: its first marker behind the record decides.
      for (let at = position(offset); at < all.length; at++) {
        const transaction = all[at]
        if (transaction?.producerId === producerId) return transaction.firstOffset <= offset
        if (transaction && transaction.lastStableOffset > offset) return false
      }
      return false
    },
    endingIn: (from, to) => all.slice(position(from), position(to)),
    keepOnly(wanted) {
      all = all.filter(wanted)
    },
  }
}

/** The part of a segment, in a file beside it; no file stands for none. */
export function saveAbortedTransactions(file: string, transactions: readonly AbortedTransaction[]): void {
  const numbers = transactions.flatMap(({ producerId, firstOffset, lastOffset, lastStableOffset }) => [
    ...[producerId, firstOffset, lastOffset, lastStableOffset],
  ])
  writeFileDurably(file, Buffer.from(Float64Array.from(numbers).buffer))
}

export function loadAbortedTransactions(file: string): AbortedTransaction[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const transactions: AbortedTransaction[] = []
  for (let at = 0; at + 4 <= numbers.length; at += 4) {
    const [producerId = 0, firstOffset = 0, lastOffset = 0, lastStableOffset = 0] = numbers.subarray(at, at + 4)
    transactions.push({ producerId, firstOffset, lastOffset, lastStableOffset })
  }
  return transactions
}
