/** What a runner hands over and takes back of one source partition. */
export interface AckLedger<Offset> {
  /** Call the result once, when Kafka has acknowledged everything up to the record that stands at `offset`. */
  sent(offset: Offset): () => void
  /** Takes the newest safe offset, or undefined when nothing new is safe. */
  takeCommittable(): Offset | undefined
  /** Batches that are not acknowledged yet. */
  readonly open: number
}

/**
 * Tracks one source partition's batches between "handed to the producer" and "acknowledged by Kafka".
 *
 * I1, I6: an offset is committable only when every record before it has been acknowledged. I5: it never goes back.
 */
export function createAckLedger<Offset>(): AckLedger<Offset> {
  const entries: { offset: Offset; acked: boolean }[] = []
  let safe: { offset: Offset } | undefined
  return {
    sent(offset) {
      const entry = { offset, acked: false }
      entries.push(entry)
      return () => {
        entry.acked = true
        while (entries[0]?.acked) {
          safe = { offset: entries[0].offset }
          entries.shift()
        }
      }
    },
    takeCommittable() {
      const taken = safe?.offset
      safe = undefined
      return taken
    },
    get open() {
      return entries.length
    },
  }
}
