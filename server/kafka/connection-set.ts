import type { Clock } from '#server/contract/clock.ts'
import type { Address } from '#server/kafka/bootstrap.ts'
import type { Connection } from '#server/kafka/connection.ts'

/** Connections by key, one a key, for as long as they are used (`connections.max.idle.ms`). */
export interface ConnectionSet {
  readonly size: number
  /** An ended one is replaced; an attempt that failed is not remembered. */
  get(key: string, address: () => Promise<Address>): Promise<Connection>
  /** Ends those that are open, and gives up those that are about to be. */
  close(which: (key: string) => boolean): void
}

interface Entry {
  opening: Promise<Connection>
  /** Once it is open. */
  connection: Connection | undefined
  stop: AbortController
}

export function createConnectionSet(options: {
  clock: Clock
  maxIdleMs: number
  /** Rejects soon after the signal aborts. */
  open(address: Address, signal: AbortSignal): Promise<Connection>
}): ConnectionSet {
  const { clock, maxIdleMs } = options
  const entries = new Map<string, Entry>()
  let watching: AbortController | undefined

  /** Never, or by a clock that has run out so that nothing waits any more. */
  const isEndless = () => !Number.isFinite(maxIdleMs - clock.monotonic())
  const idleMs = (connection: Connection) => (connection.busy ? 0 : clock.monotonic() - connection.lastUsedAt)

  function end(key: string, entry: Entry) {
    if (entries.get(key) === entry) entries.delete(key)
    entry.stop.abort()
    entry.connection?.close()
    if (entries.size === 0) watching?.abort()
  }

  /** One timer for all of them: a broker closes what was idle for long, and loses what is on its way to it just then. */
  async function closeIdle() {
    if (watching || isEndless()) return
    watching = new AbortController()
    const { signal } = watching
    while (!signal.aborted && !isEndless()) {
      for (const [key, entry] of entries) {
        if (entry.connection && (entry.connection.closed || idleMs(entry.connection) >= maxIdleMs)) end(key, entry)
      }
      const idle = [...entries.values()].map(({ connection }) => (connection ? idleMs(connection) : 0))
      // A busy one is idle from its answer on at the earliest.
      if (!signal.aborted) await clock.sleep(Math.max(1, maxIdleMs - Math.max(0, ...idle)), signal)
    }
    watching = undefined
    if (entries.size > 0) void closeIdle()
  }

  async function open(address: () => Promise<Address>, signal: AbortSignal): Promise<Connection> {
    const connection = await options.open(await address(), signal)
    if (signal.aborted) connection.close()
    return connection
  }

  const set: ConnectionSet = {
    get size() {
      return entries.size
    },
    async get(key, address) {
      const known = entries.get(key)
      if (known) {
        const connection = await known.opening
        if (!connection.closed && idleMs(connection) < maxIdleMs) return connection
        end(key, known)
        return set.get(key, address)
      }
      const stop = new AbortController()
      const entry: Entry = { opening: open(address, stop.signal), connection: undefined, stop }
      entries.set(key, entry)
      void closeIdle()
      try {
        entry.connection = await entry.opening
        return entry.connection
      } catch (error) {
        end(key, entry)
        throw error
      }
    },
    close(which) {
      for (const [key, entry] of [...entries]) if (which(key)) end(key, entry)
    },
  }
  return set
}
