/**
 * The memory that all tasks of a worker share for records that are under way, as one task sees it (I12), in bytes. What is held
 * is what Kafka sent and nobody has put yet, and what is sent and not acknowledged.
 */
export interface RecordMemory {
  hold(bytes: number): void
  release(bytes: number): void
  /** Whether so much more may be held. While this task holds nothing anything may, so nobody waits for another task. */
  fits(bytes: number): boolean
  /** The most that Kafka is to send at once. */
  atOnce(): number
}

/** For whoever shares no memory with anybody. */
export const boundlessMemory: RecordMemory = {
  hold: () => undefined,
  release: () => undefined,
  fits: () => true,
  atOnce: () => Number.POSITIVE_INFINITY,
}
