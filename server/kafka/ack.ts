/** What a broker says of a batch that it took. */
export interface Ack {
  topic: string
  partition: number
  /** -1 when the broker had it already and no longer knows where, and with acks 0. */
  baseOffset: number
  /** Records that stand one after the other from there on. */
  records: number
  /** Milliseconds since the epoch when the broker stamped the batch, else -1. */
  timestamp: number
}
