import { join } from 'node:path'
import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { PlacelessEvent } from '#server/core/event-record.ts'
import { ownId, type SegmentLimits } from '#server/core/event-segments.ts'
import { createEventWindow, type EventWindow, type PlacedEvent } from '#server/core/event-window.ts'
import { type EventFolder, openEventFolder } from '#server/runtime/events/event-folder.ts'
import { createEventQueue, type WaitingEvent } from '#server/runtime/events/event-queue.ts'
import type { EventHistory } from '#server/runtime/events/read-page.ts'

/** Where a worker keeps by itself what happens on it. */
export interface OwnEventsPlace {
  /** Sluice's own folder, `sluice.data.dir`. */
  dataDir: string
  limits: SegmentLimits
  /** Takes a folder for this process alone, created where it is missing; rejects where another process has it. */
  take(folder: string): Promise<Disposable>
}

export interface OwnEventsOptions {
  /** Absent, or unusable: what was remembered ends with the process. */
  place?: OwnEventsPlace
  worker: string
  window: { entries: number; bytes: number }
  queue: { entries: number; bytes: number }
  onEntry(placed: PlacedEvent, bytes: number): void
  clock: Clock
  logger: Logger
}

/** What one worker remembers by itself, in memory and on its disk. Its own life before is part of it. */
export interface OwnEvents extends AsyncDisposable {
  readonly window: EventWindow
  readonly history: EventHistory | undefined
  /** Remembers at once and writes soon. @param value as `encodeEvent` writes it */
  add(event: PlacelessEvent, value: string): void
}

/** Entries of one moment share a write. */
const mostTogether = 500
/** How long a disk that refused is left alone. */
const pauseMs = 10_000

export async function openOwnEvents(options: OwnEventsOptions): Promise<OwnEvents> {
  const { clock, logger } = options
  const window = createEventWindow(options.window)
  const queue = createEventQueue<WaitingEvent & { position: number }>(options.queue)
  const closing = new AbortController()
  const opened = options.place && (await openPlace(options.place))
  let next = opened?.folder.next() ?? 0
  let writing: Promise<void> | undefined
  for (const { position, entry, bytes } of opened?.folder.newest ?? []) take({ position, entry }, bytes)

  async function openPlace(place: OwnEventsPlace): Promise<{ folder: EventFolder; taken: Disposable } | undefined> {
    let taken: Disposable | undefined
    try {
      const path = join(place.dataDir, 'events', encodeURIComponent(options.worker))
      taken = await place.take(path)
      return { folder: await openEventFolder(path, place.limits, clock), taken }
    } catch (error) {
      taken?.[Symbol.dispose]()
      logger.warn(
        `The timeline and logs of connectors are remembered until this worker ends, because they cannot be kept on its disk: ${messageOf(error)}`,
        { error },
      )
      return undefined
    }
  }

  function take(placed: PlacedEvent, bytes: number): void {
    window.add(placed, bytes)
    options.onEntry(placed, bytes)
  }

  async function write(folder: EventFolder): Promise<void> {
    for (let failures = 0; queue.size > 0; ) {
      try {
        await folder.append(queue.take(mostTogether))
        failures = 0
      } catch (error) {
        if (failures++ === 0) {
          logger.warn(`What happens on this worker cannot be written to its disk: ${messageOf(error)}`, { error })
        }
        if (closing.signal.aborted) return
        await clock.sleep(pauseMs, closing.signal)
      }
    }
  }

  return {
    window,
    history: opened?.folder,
    add(event, value) {
      const position = next++
      take({ position, entry: { ...event, id: ownId(position) } }, value.length)
      if (!opened) return
      queue.add({ key: '', value, position })
      writing ??= write(opened.folder).finally(() => {
        writing = undefined
      })
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await writing
      opened?.taken[Symbol.dispose]()
    },
  }
}
