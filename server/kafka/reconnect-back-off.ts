import type { Clock } from '#server/contract/clock.ts'
import { type BackOff, backOffMs } from '#server/kafka/back-off.ts'
import type { Address } from '#server/kafka/bootstrap.ts'

/**
 * Keeps a broker that cannot be reached from being asked again at once, by whoever asks (`reconnect.backoff.ms`), and gives
 * it more time with each try (`socket.connection.setup.timeout.ms`; Kafka: `ClusterConnectionStates`).
 */
export interface ReconnectBackOff {
  /** Waits until the address may be tried, or the signal aborts; then tries, with the time that a connection may take now. */
  run<Opened>(
    address: Address,
    open: (connectTimeoutMs: number) => Promise<Opened>,
    signal?: AbortSignal,
  ): Promise<Opened>
  /** Those that may be tried soonest, first. */
  readyFirst<A extends Address>(addresses: readonly A[]): A[]
}

export function createReconnectBackOff(clock: Clock, delays: BackOff, timeouts: BackOff): ReconnectBackOff {
  const failed = new Map<string, { times: number; at: number; notBefore: number }>()
  const keyOf = ({ host, port }: Address) => `${host}:${port}`
  const notBefore = (address: Address) => failed.get(keyOf(address))?.notBefore ?? 0
  const delayMs = (times: number, { firstMs, mostMs }: BackOff) => backOffMs(times, clock.random(), firstMs, mostMs)

  return {
    async run(address, open, signal) {
      const key = keyOf(address)
      const waitMs = notBefore(address) - clock.monotonic()
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      const begunAt = clock.monotonic()
      try {
        const opened = await open(delayMs(failed.get(key)?.times ?? 0, timeouts))
        failed.delete(key)
        return opened
      } catch (error) {
        if (signal?.aborted) throw error
        const last = failed.get(key)
        // Tries at the same time failed for the same reason: they count as one.
        if (last && last.at > begunAt) throw error
        const now = clock.monotonic()
        const times = last?.times ?? 0
        failed.set(key, { times: times + 1, at: now, notBefore: now + delayMs(times, delays) })
        throw error
      }
    },
    readyFirst: (addresses) => [...addresses].sort((a, b) => notBefore(a) - notBefore(b)),
  }
}
