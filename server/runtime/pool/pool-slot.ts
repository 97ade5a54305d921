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
  /** How it ended. */
  how: string
}

export interface PoolSlotOptions {
  name: string
  start(onDeath: (reason: string) => void): PoolThread
  /** The thread is gone; what ran on it may start again, on the next one. */
  onLost(loss: SlotLoss): void
  /** Loading this package cost the thread; told before `onLost`. */
  onPackage(folder: string, problem: string): void
  /** Deaths of the thread that its work comes from. */
  deaths?: number
  /** A thread that answers nothing for this long is stuck: no hook of a plugin may take that long without awaiting. */
  watchdogMs: number
  /** How long a package may take to load. */
  loadWithinMs: number
  clock: Clock
  logger: Logger
}

const pingEveryMs = 1_000
/** Time is counted in parts, so that a suspended machine or a busy main thread makes nobody look stuck. */
const watchParts = 20
/** A thread leaves out a package that waits for too long by itself, and is given time to. */
const loadParts = watchParts + 4
/** A thread that lived this long is not part of a row of failures. */
const calmMs = 60_000
const firstDelayMs = 1_000
const longestDelayMs = 30_000

export function createPoolSlot(options: PoolSlotOptions): PoolSlot {
  const { name, watchdogMs, loadWithinMs, clock, logger } = options
  const closing = new AbortController()
  let current: PoolThread | undefined
  /** Why threads were ended from here. */
  const ended = new WeakMap<PoolThread, string>()
  let startedAt = 0
  let deaths = options.deaths ?? 0

  function thread(): PoolThread {
    if (current) return current
    const started = options.start((reason) => lose(started, ended.get(started) ?? reason))
    current = started
    startedAt = clock.monotonic()
    void watch(started)
    return started
  }

  function lose(dead: PoolThread, reason: string) {
    if (current !== dead) return
    current = undefined
    if (closing.signal.aborted) return
    const folder = dead.loading()
    // I9: it is not loaded again, and nothing that was to run here had begun.
    if (folder === undefined) deaths = clock.monotonic() - startedAt < calmMs ? deaths + 1 : 1
    else options.onPackage(folder, `Its thread was lost while it was being loaded. ${reason.split('\n')[0]}`)
    const delayMs =
      folder !== undefined || deaths === 1 ? 0 : backOffMs(deaths - 2, clock.random(), firstDelayMs, longestDelayMs)
    const words = `Thread ${name} is lost while ${dead.stage()}`
    logger.error(`${words}. ${reason}`)
    options.onLost({ deaths, delayMs, reason: `${words}. ${reason}`, how: reason, underWay: dead.underWay })
  }

  async function watch(watched: PoolThread) {
    await watchLoading(watched)
    while (!closing.signal.aborted && !watched.over) {
      await clock.sleep(pingEveryMs, closing.signal)
      if (await answers(watched)) continue
      if (closing.signal.aborted || watched.over) return
      logger.error(`Thread ${name} has answered nothing for ${watchdogMs} ms while ${watched.stage()}; it is replaced`)
      ended.set(watched, `It had answered nothing for ${watchdogMs} ms.`)
      await watched.kill()
    }
  }

  /** Loading counts as starting, not as being stuck, unless one package alone keeps the thread from all else. */
  async function watchLoading(watched: PoolThread) {
    const up = new AbortController()
    // A thread that died is told of elsewhere.
    void watched.call('ping').then(
      () => up.abort(),
      () => up.abort(),
    )
    const signal = AbortSignal.any([up.signal, closing.signal])
    let folder: string | undefined
    for (let parts = 0; parts < loadParts; parts++) {
      await clock.sleep(loadWithinMs / watchParts, signal)
      if (signal.aborted) return
      const before = folder
      folder = watched.loading()
      if (folder === undefined || folder !== before) parts = 0
    }
    logger.error(`Thread ${name} does nothing but ${watched.stage()} for more than ${loadWithinMs} ms; it is replaced`)
    ended.set(watched, `It did not finish within ${loadWithinMs} ms and let the thread do nothing else.`)
    await watched.kill()
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
