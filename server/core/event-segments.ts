import { decodeEvent } from '#server/core/event-record.ts'
import type { PlacedEvent } from '#server/core/event-window.ts'

/** A file of entries in their order, named after the position of its first one. */
export interface EventSegment {
  base: number
  bytes: number
  /** When its first entry and its last one were written, in milliseconds since the epoch. */
  oldestAt: number
  newestAt: number
}

export interface SegmentLimits {
  /** All segments together. */
  bytes: number
  ageMs: number
}

const nameForm = /^(\d{15})\.jsonl$/
const lineForm = /^\{"position":(\d{1,15}),(.*)$/s

export const segmentName = (base: number): string => `${String(base).padStart(15, '0')}.jsonl`

/** Undefined for a file of somebody else. */
export function baseOf(name: string): number | undefined {
  const base = nameForm.exec(name)?.[1]
  return base === undefined ? undefined : Number(base)
}

/** @param value an entry as `encodeEvent` writes it */
export const segmentLine = (position: number, value: string): string => `{"position":${position},${value.slice(1)}\n`

/** What can be read of a segment; a line that a crash cut off, or that is none of ours, is left out. */
export function eventsInSegment(text: string): (PlacedEvent & { bytes: number })[] {
  return text.split('\n').flatMap((line) => {
    const [, digits = '', rest = ''] = lineForm.exec(line) ?? []
    const event = digits === '' ? undefined : decodeEvent(`{${rest}`)
    if (!event) return []
    const position = Number(digits)
    return [{ position, entry: { ...event, id: ownId(position) }, bytes: line.length }]
  })
}

/** The id of an entry that a worker keeps by itself. */
export const ownId = (position: number): string => `own-${position}`

/** I12: how many of the oldest segments have to go before `coming` more bytes are written into the newest one. */
export function outlived(
  segments: readonly EventSegment[],
  limits: SegmentLimits,
  now: number,
  coming: number,
): number {
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, coming)
  const stays = segments.findIndex((segment) => {
    if (bytes <= limits.bytes && now - segment.newestAt <= limits.ageMs) return true
    bytes -= segment.bytes
    return false
  })
  return stays === -1 ? segments.length : stays
}

/** Segments are what a worker forgets at once, and reads at once. */
const mostSegmentBytes = 1024 * 1024

const segmentBytes = (limits: SegmentLimits): number => Math.min(mostSegmentBytes, limits.bytes / 8)

/** Whether what comes belongs into a new segment. */
export const isFull = (segment: EventSegment, limits: SegmentLimits, now: number): boolean =>
  segment.bytes >= segmentBytes(limits) || now - segment.oldestAt > limits.ageMs / 8

/** Lines that go together into one segment, each part with the position of its first one. */
export function segmentParts(
  lines: readonly { position: number; value: string }[],
  limits: SegmentLimits,
): { base: number; text: string }[] {
  const parts: { base: number; text: string }[] = []
  for (const { position, value } of lines) {
    const line = segmentLine(position, value)
    const part = parts.at(-1)
    if (part && part.text.length + line.length <= segmentBytes(limits)) part.text += line
    else parts.push({ base: position, text: line })
  }
  return parts
}
