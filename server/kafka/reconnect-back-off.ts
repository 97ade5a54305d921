import type { Clock } from '#server/contract/clock.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import type { Address } from '#server/kafka/bootstrap.ts'

/** Keeps a broker that cannot be reached from being asked again at once, by whoever asks (`reconnect.backoff.ms`). */
export interface ReconnectBackOff {
  /** Waits until the address may be tried, then tries. */
  run<Opened>(address: Address, open: () => Promise<Opened>): Promise<Opened>
  /** Those that may be tried soonest, first. */
  readyFirst<A extends Address>(addresses: readonly A[]): A[]
}

export function createReconnectBackOff(clock: Clock, delays: { firstMs: number; mostMs: number }): ReconnectBackOff {
  const failed = new Map<string, { times: number; notBefore: number }>()
  const keyOf = ({ host, port }: Address) => `${host}:${port}`
  const notBefore = (address: Address) => failed.get(keyOf(address))?.notBefore ?? 0

  return {
    async run(address, open) {
      const key = keyOf(address)
      const waitMs = notBefore(address) - clock.monotonic()
      if (waitMs > 0) await clock.sleep(waitMs)
      try {
        const opened = await open()
        failed.delete(key)
        return opened
      } catch (error) {
        const times = failed.get(key)?.times ?? 0
        const delayMs = backOffMs(times, clock.random(), delays.firstMs, delays.mostMs)
        failed.set(key, { times: times + 1, notBefore: clock.monotonic() + delayMs })
        throw error
      }
    },
    readyFirst: (addresses) => [...addresses].sort((a, b) => notBefore(a) - notBefore(b)),
  }
}
