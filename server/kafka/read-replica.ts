/** Which replica of one partition is asked for records (KIP-392; Kafka: `SubscriptionState.preferredReadReplica`). */
export interface ReadReplica {
  /** The broker that the leader named, while that may be relied on; undefined: the leader itself. */
  preferred(): number | undefined
  /** The leader names a replica that is nearer. */
  prefer(broker: number): void
  /** Back to the leader. False when it was the leader that was asked. */
  clear(): boolean
}

/**
 * @param leaseMs how long what the leader said holds; then it is asked again, because a nearer replica may have come
 * (Kafka: `metadata.max.age.ms`)
 */
export function createReadReplica(clock: { monotonic(): number }, leaseMs: number): ReadReplica {
  let named: { broker: number; until: number } | undefined

  return {
    preferred() {
      if (named && clock.monotonic() > named.until) named = undefined
      return named?.broker
    },
    prefer(broker) {
      if (named?.broker !== broker) named = { broker, until: clock.monotonic() + leaseMs }
    },
    clear() {
      const had = named !== undefined
      named = undefined
      return had
    },
  }
}
