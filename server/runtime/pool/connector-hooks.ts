import type { Clock } from '#server/contract/clock.ts'
import type { Unfinished } from '#server/core/stall.ts'

/**
 * Which hooks of connectors are under way on the threads of a pool, as these tell it before a hook begins: the evidence by
 * which a connector that hangs is told, also while its thread spins.
 */
export interface ConnectorHooks {
  /** A hook of a thread began, or (null) is over; `id` is its number on that thread, `reason` why it would not get on. */
  heard(thread: string, connector: string, stage: string | null, id: number, reason?: string): void
  /** Nobody waits any more for what is under way of a connector. */
  abandon(connector: string): void
  /** The thread is gone, and with it all that was under way there. */
  lost(thread: string): void
}

export function createConnectorHooks(options: {
  /** Everything that a connector has not finished, whenever that changed. */
  tell(connector: string, unfinished: Unfinished[]): void
  clock: Pick<Clock, 'monotonic'>
}): ConnectorHooks {
  const { clock } = options
  const all = new Map<string, Unfinished & { thread: string; connector: string }>()

  function tell(connector: string) {
    const own = [...all.values()].filter((hook) => hook.connector === connector)
    options.tell(
      connector,
      own.map(({ stage, since, reason }) => ({ stage, since, ...(reason !== undefined && { reason }) })),
    )
  }

  function drop(isOver: (hook: { thread: string; connector: string }) => boolean) {
    const over = [...all].filter(([, hook]) => isOver(hook))
    for (const [key] of over) all.delete(key)
    for (const connector of new Set(over.map(([, hook]) => hook.connector))) tell(connector)
  }

  return {
    heard(thread, connector, stage, id, reason) {
      const key = `${thread} ${id}`
      if (stage !== null) {
        all.set(key, { thread, connector, stage, since: clock.monotonic(), ...(reason !== undefined && { reason }) })
      }
      // One that was abandoned is not missed when it comes back.
      else if (!all.delete(key)) return
      tell(connector)
    },
    abandon: (connector) => drop((hook) => hook.connector === connector),
    lost: (thread) => drop((hook) => hook.thread === thread),
  }
}
