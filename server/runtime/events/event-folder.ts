import { appendFile, mkdir, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '#server/contract/clock.ts'
import {
  baseOf,
  type EventSegment,
  eventsInSegment,
  isFull,
  outlived,
  type SegmentLimits,
  segmentName,
  segmentParts,
} from '#server/core/event-segments.ts'
import type { PlacedEvent } from '#server/core/event-window.ts'
import type { EventHistory } from '#server/runtime/events/read-page.ts'

/** What one worker remembers on its own disk: JSON lines in segments, of which the oldest go by size and by age (I12). */
export interface EventFolder extends EventHistory {
  /** The newest entries that were there when it was opened, oldest first. */
  readonly newest: readonly (PlacedEvent & { bytes: number })[]
  /** After the newest entry. */
  next(): number
  /** One call at a time, with positions that rise. What it rejects for is lost, and nothing else. */
  append(lines: readonly { position: number; value: string }[]): Promise<void>
}

/** How many of the newest segments are read when it is opened: what happened last is asked for most. */
const readAtOpening = 2

/**
 * Opens the folder of one worker, which nobody else may write, and takes what is too old out of the folders beside it: those
 * of workers that were here under another address. Rejects when the disk refuses.
 */
export async function openEventFolder(folder: string, limits: SegmentLimits, clock: Clock): Promise<EventFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await sweepOthers(folder, limits, clock.now())
  let segments = await segmentsIn(folder)
  /** By the base of a segment that is full: whom it is about, so that a search for somebody else passes it by. */
  const about = new Map<number, ReadonlySet<string | undefined>>()
  const fileOf = ({ base }: Pick<EventSegment, 'base'>) => join(folder, segmentName(base))
  await forget(0)
  const texts = await Promise.all(segments.slice(-readAtOpening).map((segment) => readFile(fileOf(segment), 'utf8')))
  const newest = texts.flatMap(eventsInSegment)
  const last = segments.at(-1)
  const [first] = eventsInSegment(texts.at(-1) ?? '')
  if (last && first) last.oldestAt = first.entry.at
  const begin = Math.max(last?.base ?? 0, (newest.at(-1)?.position ?? -1) + 1)
  let next = begin
  /** A line that was cut off must not swallow the next one. */
  let isCutOff = texts.at(-1)?.endsWith('\n') === false

  async function forget(coming: number): Promise<void> {
    const gone = segments.slice(0, outlived(segments, limits, clock.now(), coming))
    segments = segments.slice(gone.length)
    for (const segment of gone) {
      about.delete(segment.base)
      await rm(fileOf(segment), { force: true })
    }
  }

  /** The segment into which what comes belongs. */
  function current(position: number): EventSegment {
    const now = clock.now()
    const newestOne = segments.at(-1)
    if (newestOne && !isFull(newestOne, limits, now)) return newestOne
    const fresh = { base: position, bytes: 0, oldestAt: now, newestAt: now }
    segments.push(fresh)
    isCutOff = false
    return fresh
  }

  async function write({ base, text }: { base: number; text: string }): Promise<void> {
    await forget(Buffer.byteLength(text))
    const segment = current(base)
    const whole = isCutOff ? `\n${text}` : text
    isCutOff = true
    await appendFile(fileOf(segment), whole, { mode: 0o600 })
    isCutOff = false
    segment.bytes += Buffer.byteLength(whole)
    segment.newestAt = clock.now()
  }

  return {
    newest,
    next: () => next,
    async append(lines) {
      next = (lines.at(-1)?.position ?? next - 1) + 1
      for (const part of segmentParts(lines, limits)) await write(part)
    },
    followedFrom: () => newest[0]?.position ?? begin,
    async earliest() {
      await forget(0)
      return segments[0]?.base ?? next
    },
    stepBefore: (position) => segments.findLast(({ base }) => base < position)?.base ?? 0,
    async read(from, to, signal, connector) {
      const found: (PlacedEvent & { bytes: number })[] = []
      for (const [index, segment] of segments.entries()) {
        const end = segments[index + 1]?.base ?? Number.POSITIVE_INFINITY
        const isNobodys = connector !== undefined && about.get(segment.base)?.has(connector) === false
        if (signal.aborted || end <= from || segment.base >= to || isNobodys) continue
        const events = eventsInSegment(await textOf(fileOf(segment)))
        if (Number.isFinite(end)) about.set(segment.base, new Set(events.map(({ entry }) => entry.connector)))
        found.push(...events)
      }
      return found.filter(({ position }) => position >= from && position < to)
    },
  }
}

/** Empty for one that went by its age meanwhile. */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

async function segmentsIn(folder: string): Promise<EventSegment[]> {
  const bases = (await readdir(folder)).flatMap((name) => baseOf(name) ?? [])
  const ascending = bases.sort((a, b) => a - b)
  return Promise.all(
    ascending.map(async (base) => {
      const { size, mtimeMs } = await stat(join(folder, segmentName(base)))
      return { base, bytes: size, oldestAt: mtimeMs, newestAt: mtimeMs }
    }),
  )
}

async function sweepOthers(folder: string, { ageMs }: SegmentLimits, now: number): Promise<void> {
  const parent = dirname(folder)
  const others = (await readdir(parent)).filter((name) => name !== basename(folder))
  for (const other of others.map((name) => join(parent, name))) {
    try {
      const segments = await segmentsIn(other)
      const old = segments.filter(({ newestAt }) => now - newestAt > ageMs)
      for (const { base } of old) await rm(join(other, segmentName(base)), { force: true })
      if (old.length === segments.length) await rmdir(other)
    } catch {
      // It is in use, or another user's: who writes it keeps it within its bounds.
    }
  }
}
