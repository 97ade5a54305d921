import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import type { PoolThread } from '#server/runtime/pool/pool-thread.ts'

/** A place in the pool: one thread after the other, each watched, each replaced when it dies or is stuck. */
export interface PoolSlot {
  readonly name: string
  /** The thread of this place, started when it is first needed. */
  thread(): PoolThread
  /** The thread, if there is one. */
  running(): PoolThread | undefined
  /** Ends the thread, which nobody may be waiting for; the next one is started when it is needed. */
  rest(withinMs: number): Promise<void>
  close(withinMs: number): Promise<void>
}

export interface SlotLoss extends Pick<PoolThread, 'underWay'> {
  /** Those in a row, this one included. */
  deaths: number
  /** How long to wait where nobody is to blame: 0 for the first time. */
  delayMs: number
  /** What the thread was doing, and how it ended. */
  reason: string
}

export interface PoolSlotOptions {
  name: string
  start(onDeath: (reason: string) => void): PoolThread
  /** The thread is gone; what ran on it may start again, on the next one. */
  onLost(loss: SlotLoss): void
  /** Deaths of the thread that its work comes from. */
  deaths?: number
  /** A thread that answers nothing for this long is stuck: no hook of a plugin may take that long without awaiting. */
  watchdogMs: number
  clock: Clock
  logger: Logger
}

const pingEveryMs = 1_000
/** The silence is counted in parts, so that a suspended machine or a busy main thread makes nobody look stuck. */
const watchParts = 20
/** A thread that lived this long is not part of a row of failures. */
const calmMs = 60_000
const firstDelayMs = 1_000
const longestDelayMs = 30_000

export function createPoolSlot(options: PoolSlotOptions): PoolSlot {
  const { name, watchdogMs, clock, logger } = options
  const closing = new AbortController()
  let current: PoolThread | undefined
  /** Threads that were ended because they answered nothing. */
  const silent = new WeakSet<PoolThread>()
  const silence = `It had answered nothing for ${watchdogMs} ms.`
  let startedAt = 0
  let deaths = options.deaths ?? 0

  function thread(): PoolThread {
    if (current) return current
    const started = options.start((reason) => lose(started, silent.has(started) ? silence : reason))
    current = started
    startedAt = clock.monotonic()
    void watch(started)
    return started
  }

  function lose(dead: PoolThread, reason: string) {
    if (current !== dead) return
    current = undefined
    if (closing.signal.aborted) return
    deaths = clock.monotonic() - startedAt < calmMs ? deaths + 1 : 1
    const delayMs = deaths === 1 ? 0 : backOffMs(deaths - 2, clock.random(), firstDelayMs, longestDelayMs)
    const words = `Thread ${name} is lost while ${dead.stage()}`
    logger.error(`${words}. ${reason}`)
    options.onLost({ deaths, delayMs, reason: `${words}. ${reason}`, underWay: dead.underWay })
  }

  async function watch(watched: PoolThread) {
    await watched.call('ping').catch(() => undefined) // loading counts as starting, not as being stuck
    while (!closing.signal.aborted && !watched.over) {
      await clock.sleep(pingEveryMs, closing.signal)
      if (await answers(watched)) continue
      if (closing.signal.aborted || watched.over) return
      logger.error(`Thread ${name} has answered nothing for ${watchdogMs} ms while ${watched.stage()}; it is replaced`)
      silent.add(watched)
      await watched.kill()
    }
  }

  async function answers(watched: PoolThread): Promise<boolean> {
    const answered = new AbortController()
    // A thread that died is told of elsewhere.
    void watched.call('ping').then(
      () => answered.abort(),
      () => answered.abort(),
    )
    const signal = AbortSignal.any([answered.signal, closing.signal])
    for (let part = 0; part < watchParts && !signal.aborted; part++) await clock.sleep(watchdogMs / watchParts, signal)
    return signal.aborted
  }

  return {
    name,
    thread,
    running: () => current,
    async rest(withinMs) {
      const resting = current
      current = undefined
      await resting?.close(withinMs)
    },
    async close(withinMs) {
      closing.abort()
      await current?.close(withinMs)
    },
  }
}
