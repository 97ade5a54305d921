import type { Clock } from '#server/contract/clock.ts'
import type { TargetState } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { isApart, type Quarantine, quarantined } from '#server/core/quarantine.ts'
import type { PluginHostEvents } from '#server/runtime/plugin-host.ts'
import { callsWithRest } from '#server/runtime/pool/calls-with-rest.ts'
import type { PoolSlot, PoolSlotOptions, SlotLoss } from '#server/runtime/pool/pool-slot.ts'
import type { PoolThread } from '#server/runtime/pool/pool-thread.ts'
import { asConnector } from '#server/runtime/pool/stage-board.ts'
import type { ThreadMethods } from '#server/runtime/pool/thread-call.ts'

interface HeldConnector {
  config: Record<string, string>
  target: TargetState
}

interface Place {
  readonly slot: PoolSlot
  readonly ask: PoolThread['call']
  /** Those that run there, or are to be begun again there. */
  readonly held: Map<string, HeldConnector>
  /** Whom it is for; undefined: everybody. */
  readonly only: string | undefined
  /** Aborts when it is given up. */
  readonly leaving: AbortController
}

/**
 * The threads that connectors run on and plugins are asked on. Everybody shares one; I9: who was under way last when it was
 * lost is begun and asked on one of its own from then on, and everybody else is asked again on the next shared one.
 */
export interface ConnectorSlots extends AsyncDisposable {
  slots(): readonly PoolSlot[]
  /**
   * `who` is a name of the stage board. A thread that is lost for another one's fault is not noticed: the next one is asked.
   * Rejects with the stage when it was lost for this question.
   */
  ask<M extends keyof ThreadMethods>(
    who: string,
    method: M,
    ...args: Parameters<ThreadMethods[M]>
  ): Promise<Awaited<ReturnType<ThreadMethods[M]>>>
  start(name: string, connector: HeldConnector): Promise<void>
  /** It is not begun again from now on; resolves when it has stopped. */
  stop(name: string): Promise<void>
  setTarget(name: string, target: TargetState): Promise<void>
}

/** See `createTaskSlots`. */
const mostApart = 4
/** A question that was lost with as many threads is not asked again. */
const mostAsked = 5
/** These would happen twice: they are not asked again once they may have begun. */
const once: ReadonlySet<keyof ThreadMethods> = new Set(['alterOffsets', 'storeOffsets', 'fenceTasks'])

export function createConnectorSlots(options: {
  open(name: string, more: Pick<PoolSlotOptions, 'onLost' | 'deaths'>): PoolSlot
  events: Pick<PluginHostEvents, 'connectorState'>
  restAfterMs: number
  closeWithinMs: number
  /** See `quarantined`. */
  firstQuarantineMs: number
  clock: Clock
  logger: Logger
}): ConnectorSlots {
  const { events, closeWithinMs, firstQuarantineMs, clock, logger } = options
  const closing = new AbortController()
  const apart = new Map<string, Place>()
  const quarantines = new Map<string, Quarantine>()
  /** Connectors that are to be begun again apart, and may have to wait for it. */
  const onTheirWay = new Map<string, HeldConnector>()
  /** Questions that are under way, by who is asked. */
  const asked = new Map<string, number>()
  /** Those who wait for one of the threads apart. */
  const waiting: (() => void)[] = []
  let opened = 0
  const shared = openPlace('connectors', undefined)

  function openPlace(name: string, only: string | undefined): Place {
    const held = new Map<string, HeldConnector>()
    const slot = options.open(name, { onLost: (loss) => lost(place, loss), deaths: only === undefined ? 0 : 1 })
    const rest = async (withinMs: number) => (only === undefined ? slot.rest(withinMs) : giveUp(place))
    const ask = callsWithRest({
      slot: { thread: slot.thread, rest },
      inUse: () => held.size > 0,
      restAfterMs: options.restAfterMs,
      closeWithinMs,
      closing: closing.signal,
      clock,
    })
    const place: Place = { slot, ask, held, only, leaving: new AbortController() }
    return place
  }

  function lost(place: Place, { deaths, delayMs, reason, underWay }: SlotLoss) {
    const known = new Set([...asked.keys(), ...[...place.held.keys()].map(asConnector)])
    const [blamed] = underWay(known)
    if (blamed !== undefined)
      quarantines.set(blamed, quarantined(quarantines.get(blamed), clock.monotonic(), firstQuarantineMs))
    const trace = `Error: ${reason}`
    const failed = place.only !== undefined && deaths > 1
    for (const [name, connector] of [...place.held]) {
      events.connectorState(name, failed ? 'FAILED' : 'RESTARTING', trace)
      if (!failed && asConnector(name) !== blamed) continue
      place.held.delete(name)
      if (failed) continue
      onTheirWay.set(name, connector)
      void startApart(name)
    }
    if (place.only !== undefined && place.held.size === 0) void giveUp(place)
    else void startAll(place, blamed === undefined ? delayMs : 0)
  }

  async function startAll(place: Place, delayMs: number) {
    if (delayMs > 0) await clock.sleep(delayMs, closing.signal)
    if (closing.signal.aborted) return
    for (const name of place.held.keys()) void startAgain(place, name)
  }

  async function startApart(name: string) {
    const place = await placeOf(asConnector(name))
    const connector = onTheirWay.get(name)
    if (!connector || closing.signal.aborted) return
    onTheirWay.delete(name)
    place.held.set(name, connector)
    await startAgain(place, name)
  }

  /** A thread that dies first leaves the connector to its successor. */
  async function startAgain(place: Place, name: string) {
    const connector = place.held.get(name)
    if (!connector) return
    const thread = place.slot.thread()
    const { config, target } = connector
    try {
      await place.ask('startConnector', name, config, target)
      if (place.held.get(name) === connector) {
        events.connectorState(name, target === 'STARTED' ? 'RUNNING' : target)
      }
    } catch (error) {
      if (thread.over || place.held.get(name) !== connector) return
      events.connectorState(name, 'FAILED', (error as Error).stack)
    }
  }

  async function placeOf(who: string): Promise<Place> {
    for (;;) {
      const own = apart.get(who)
      if (own) return own
      if (!isApart(quarantines.get(who), clock.monotonic()) || closing.signal.aborted) return shared
      if (apart.size < mostApart) return openApart(who)
      logger.warn(`${who} waits for one of the ${mostApart} threads for what got stuck`)
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }

  function openApart(who: string): Place {
    const place = openPlace(`connectors-${++opened}`, who)
    apart.set(who, place)
    logger.warn(`${who} moved to thread ${place.slot.name}`)
    void releaseWhenCalm(place, who)
    return place
  }

  async function releaseWhenCalm(place: Place, who: string) {
    const leftMs = () => (quarantines.get(who)?.until ?? 0) - clock.monotonic()
    const signal = AbortSignal.any([closing.signal, place.leaving.signal])
    for (let waitMs = leftMs(); waitMs > 0; waitMs = leftMs()) {
      await clock.sleep(waitMs, signal)
      if (signal.aborted) return
    }
    for (const name of place.held.keys()) await within(closeWithinMs, place.ask('stopConnector', name))
    const back = [...place.held]
    const given = giveUp(place)
    for (const [name, connector] of back) {
      shared.held.set(name, connector)
      void startAgain(shared, name)
    }
    await given
  }

  async function within(ms: number, work: Promise<unknown>) {
    const over = new AbortController()
    await Promise.race([work.catch(() => undefined), clock.sleep(ms, over.signal)]) // whoever fails to stop ends with its thread
    over.abort()
  }

  async function giveUp(place: Place) {
    if (place.only === undefined || apart.get(place.only) !== place) return
    apart.delete(place.only)
    place.leaving.abort()
    for (const next of waiting.splice(0)) next()
    await place.slot.close(closeWithinMs)
  }

  async function ask<M extends keyof ThreadMethods>(
    who: string,
    method: M,
    ...args: Parameters<ThreadMethods[M]>
  ): Promise<Awaited<ReturnType<ThreadMethods[M]>>> {
    asked.set(who, (asked.get(who) ?? 0) + 1)
    try {
      for (let times = 1; ; ) {
        const place = await placeOf(who)
        const thread = place.slot.thread()
        try {
          return await place.ask(method, ...args)
        } catch (error) {
          if (!thread.over || closing.signal.aborted) throw error
          if (thread.loading() !== undefined) continue // nobody was asked anything, and the package is left out now
          if (times++ === mostAsked) throw error
          const underWay = thread.underWay([who])
          if (underWay[0] === who || (once.has(method) && underWay.includes(who))) throw error
        }
      }
    } finally {
      const left = (asked.get(who) ?? 1) - 1
      if (left > 0) asked.set(who, left)
      else asked.delete(who)
    }
  }

  const placeHolding = (name: string) => [shared, ...apart.values()].find(({ held }) => held.has(name))

  return {
    slots: () => [shared.slot, ...[...apart.values()].map(({ slot }) => slot)],
    ask,
    async start(name, connector) {
      await ask(asConnector(name), 'startConnector', name, connector.config, connector.target)
      const place = await placeOf(asConnector(name))
      place.held.set(name, connector)
    },
    async stop(name) {
      const place = placeHolding(name)
      place?.held.delete(name)
      onTheirWay.delete(name)
      await ask(asConnector(name), 'stopConnector', name)
    },
    async setTarget(name, target) {
      const among = placeHolding(name)?.held ?? onTheirWay
      const known = among.get(name)
      if (known) among.set(name, { ...known, target })
      await ask(asConnector(name), 'setConnectorTarget', name, target)
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      for (const next of waiting.splice(0)) next()
      await Promise.all([shared, ...apart.values()].map(({ slot }) => slot.close(closeWithinMs)))
    },
  }
}
