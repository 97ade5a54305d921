import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { EventEntry, EventFilter, EventPage, EventQuery, NewEvent } from '#server/contract/events.ts'
import type { Logger } from '#server/contract/logger.ts'
import { eventFilter } from '#server/core/event-filter.ts'
import { decodeEvent, encodeEvent, withinLimits } from '#server/core/event-record.ts'
import { createEventWindow, type EventWindow, type PlacedEvent } from '#server/core/event-window.ts'
import { createLineBudget, type LineBudgetLimits } from '#server/core/line-budget.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import type { Attempts } from '#server/runtime/events/attempts.ts'
import { createEventQueue } from '#server/runtime/events/event-queue.ts'
import type { EventTopic, EventTopicOptions } from '#server/runtime/events/event-topic.ts'
import { type OwnEvents, type OwnEventsPlace, openOwnEvents } from '#server/runtime/events/own-events.ts'
import { type EventHistory, readPage } from '#server/runtime/events/read-page.ts'
import { within } from '#server/runtime/within.ts'

/**
 * What happens in the group: life-cycle, failures, changes, and log lines of connectors and tasks. Every worker writes,
 * every worker reads all of it, and what a worker wrote outlives it.
 *
 * Without a topic, because it is switched off or Kafka refuses it, a worker remembers what happens on itself, in memory and
 * on its disk. I9: none of it ever holds up, or fails, what it is about.
 */
export interface EventLog extends EventWriter, AsyncDisposable {
  page(query: EventQuery, signal?: AbortSignal): Promise<EventPage>
  /** What happens from now on, or after the entry with the id `after`; ends when the signal aborts. */
  follow(filter: EventFilter, after: string | undefined, signal: AbortSignal): AsyncGenerator<EventEntry>
}

/** The door for those who only have something to say. */
export interface EventWriter {
  /** Returns at once; what is said of a task gets the number of its start. */
  write(event: NewEvent): void
}

export interface EventLogOptions {
  /** Opens the way to the topic; absent: the worker remembers alone. */
  openTopic?: (options: Pick<EventTopicOptions, 'tail' | 'onEntry'>) => EventTopic
  /** Where what a worker remembers alone outlives its process; absent: nowhere. */
  place?: OwnEventsPlace
  worker(): string
  clock: Clock
  logger: Logger
  attempts: Pick<Attempts, 'current' | 'seen'>
  limits?: Partial<EventLimits>
}

/** I12: what a worker keeps in memory, and what connectors may write. */
export interface EventLimits {
  window: { entries: number; bytes: number }
  queue: { entries: number; bytes: number }
  /** Log lines of one connector on one worker. */
  lines: LineBudgetLimits
}

const mebibyte = 1024 * 1024
const defaultLimits: EventLimits = {
  window: { entries: 5_000, bytes: 4 * mebibyte },
  queue: { entries: 2_000, bytes: 2 * mebibyte },
  lines: { perSecond: 50, atOnce: 500 },
}
/** Entries of one moment share a request. */
const lingerMs = 50
const mostTogether = 500
const tellDropsMs = 1_000
/** How long Kafka's refusal is taken for an answer. */
const refusedForMs = 60_000
/** The last words of a worker that stops; nobody waits longer for them. */
const lastWordsWithinMs = 1_000

/** Where a reader finds what there is. */
interface Source {
  origin: EventPage['origin']
  window: EventWindow
  history: EventHistory | undefined
}

export function createEventLog(options: EventLogOptions): EventLog {
  const { clock, logger } = options
  const limits = { ...defaultLimits, ...options.limits }
  const queue = createEventQueue(limits.queue)
  const budget = createLineBudget(limits.lines)
  const followers = new Set<() => void>()
  const closing = new AbortController()
  /** What all workers say, by position in the topic. */
  const shared = createEventWindow(limits.window)
  const topic = options.openTopic?.({
    tail: limits.window.entries,
    onEntry(placed, bytes) {
      shared.add(placed, bytes)
      taken(placed)
    },
  })
  /** Where it stands, once that is known: Kafka has answered, or the disk has. */
  let origin: EventPage['origin'] | undefined
  /** What this worker alone says, once it has to. */
  let own: OwnEvents | undefined
  let openingOwn: Promise<OwnEvents> | undefined
  let opened: Promise<void> | undefined
  let refusedAt = Number.NEGATIVE_INFINITY
  let pumping: Promise<void> | undefined
  let tellingDrops = false

  function taken({ entry }: PlacedEvent): void {
    options.attempts.seen(entry)
    for (const wake of [...followers]) wake()
  }

  function put(event: NewEvent): void {
    const { connector, task } = event
    const isTask = connector !== undefined && task !== undefined
    const attempt = event.attempt ?? (isTask ? options.attempts.current({ connector, task }) : undefined)
    const stamped = { ...event, at: event.at ?? clock.now(), worker: options.worker() }
    const whole = withinLimits({ ...stamped, ...(attempt !== undefined && { attempt }) })
    const record = encodeEvent(whole)
    if (origin === 'worker') {
      own?.add(whole, record.value)
      // What Kafka refuses now it may allow later.
      if (!topic || clock.monotonic() - refusedAt < refusedForMs) return
    }
    queue.add(record)
    pumping ??= pump().finally(() => {
      pumping = undefined
    })
  }

  /** Opens the topic, or what is this worker's own; a refusal is told once, until Kafka says otherwise. */
  function open(): Promise<void> {
    opened ??= (topic ? openTopic() : beAlone()).finally(() => {
      opened = undefined
    })
    return opened
  }

  async function openTopic(): Promise<void> {
    for (let failures = 0; topic && origin !== 'topic' && !closing.signal.aborted; failures++) {
      try {
        await topic.open()
        origin = 'topic'
      } catch (error) {
        if (closing.signal.aborted) return
        if (await refuse(error)) return
        await clock.sleep(backOffMs(failures, clock.random()), closing.signal)
      }
    }
  }

  /** True when Kafka will not have it: from now on the worker remembers alone. */
  async function refuse(error: unknown): Promise<boolean> {
    if (error instanceof KafkaError && error.retriable) return false
    if (refusedAt === Number.NEGATIVE_INFINITY) {
      logger.warn(
        `The timeline and logs of connectors are remembered by each worker alone, because their topic cannot be used: ${messageOf(error)}`,
        { error },
      )
    }
    refusedAt = clock.monotonic()
    await beAlone()
    return true
  }

  async function beAlone(): Promise<void> {
    openingOwn ??= openOwnEvents({
      ...(options.place && { place: options.place }),
      ...{ worker: options.worker(), window: limits.window, queue: limits.queue, onEntry: taken, clock, logger },
    })
    own = await openingOwn
    const waiting = queue.take(queue.size)
    // While it remembers alone it has them already.
    if (origin === 'worker') return
    origin = 'worker'
    for (const { value } of waiting) {
      const event = decodeEvent(value)
      if (event) own.add(event, value)
    }
  }

  async function endOwn(): Promise<void> {
    const ended = await openingOwn
    await ended?.[Symbol.asyncDispose]()
  }

  async function pump(): Promise<void> {
    await clock.sleep(lingerMs, closing.signal)
    for (let failures = 0; queue.size > 0; ) {
      if (origin !== 'topic') await open()
      if (!topic || origin !== 'topic') return
      const records = queue.take(mostTogether)
      try {
        await topic.append(records)
        failures = 0
        tellOverflow()
      } catch (error) {
        queue.giveBack(records)
        if (closing.signal.aborted || (await refuse(error))) return
        await clock.sleep(backOffMs(failures++, clock.random()), closing.signal)
      }
    }
  }

  function tellOverflow(): void {
    const count = queue.takeDropped()
    if (count === 0) return
    const message = `${count} entries of this worker were dropped: Kafka could not take them in time`
    put({ kind: 'dropped', level: 'WARN', message, detail: { count } })
  }

  async function tellDrops(): Promise<void> {
    if (tellingDrops) return
    tellingDrops = true
    await clock.sleep(tellDropsMs, closing.signal)
    tellingDrops = false
    for (const [connector, count] of budget.takeDropped()) {
      const message = `${count} lines dropped: a connector may log ${limits.lines.perSecond} a second on each worker`
      put({ kind: 'dropped', level: 'WARN', connector, message, detail: { count } })
    }
  }

  async function source(): Promise<Source> {
    if (origin === undefined) await open()
    if (topic && origin === 'topic') return { origin, window: shared, history: topic }
    return { origin: 'worker', window: own?.window ?? shared, history: own?.history }
  }

  // What was said before counts for what begins now.
  if (!topic) void open()

  return {
    write(event) {
      if (closing.signal.aborted) return
      const limited = event.kind === 'log' && event.connector !== undefined
      if (limited && !budget.take(event.connector ?? '', clock.monotonic())) void tellDrops()
      else put(event)
    },
    async page(query, signal = new AbortController().signal) {
      const from = await source()
      const { entries, older } = await readPage(from.window, from.history, query, signal)
      return { entries, older, origin: from.origin }
    },
    async *follow(filter, after, signal) {
      const from = await source()
      const { window } = from
      const wanted = eventFilter(filter)
      let position = positionAfter(from.origin, after) ?? window.next()
      while (!signal.aborted && !closing.signal.aborted) {
        // The log began anew: everything in it is news.
        if (position > window.next()) position = 0
        const news = window.from(position)
        // Where it goes on is decided now: more may come while the reader is busy with these.
        const seen = window.next()
        for (const { entry } of news) if (wanted(entry) && !signal.aborted) yield entry
        position = seen
        await woken(signal, () => window.next() !== position)
      }
    },
    async [Symbol.asyncDispose]() {
      await within(clock, lastWordsWithinMs, pumping ?? Promise.resolve())
      closing.abort()
      for (const wake of [...followers]) wake()
      await within(clock, lastWordsWithinMs, endOwn())
      await topic?.[Symbol.asyncDispose]()
    },
  }

  function woken(signal: AbortSignal, isDue: () => boolean): Promise<void> {
    if (signal.aborted || closing.signal.aborted || isDue()) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        followers.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      followers.add(wake)
      signal.addEventListener('abort', wake)
    })
  }
}

/** `0-1234` is a place in the topic, `own-12` one in a worker's memory; one in the other is none to go on from. */
function positionAfter(origin: EventPage['origin'], id: string | undefined): number | undefined {
  if (id === undefined || id.startsWith('own-') !== (origin === 'worker')) return undefined
  return Number(id.slice(id.lastIndexOf('-') + 1)) + 1
}
