import { zones } from '#server/transforms/date-format/names.ts'

/** A time zone that a text begins with: how many characters it is, and how many minutes it is before UTC. */
export interface FoundZone {
  readonly length: number
  readonly minutes: number
}

/** Reads a zone as the letters `X`, `XX`, `XXX` or, whatever their count, `z` and `Z` take it. */
export const zoneAt = (text: string, letter: string, count: number): FoundZone | undefined =>
  letter === 'X' ? isoZone(text, count) : (offsetZone(text) ?? (isOffset.test(text) ? undefined : namedZone(text)))

const isOffset = /^GMT[+-]/i

const isoZones = [/^[+-](\d\d)/, /^[+-](\d\d)(\d\d)/, /^[+-](\d\d):(\d\d)/]

function isoZone(rest: string, count: number): FoundZone | undefined {
  if (rest.startsWith('Z')) return { length: 1, minutes: 0 }
  return zoneFrom(isoZones[count - 1]?.exec(rest), rest)
}

/** `+0130` or `GMT+1:30`. */
const offsetZone = (rest: string) =>
  zoneFrom(/^[+-](\d\d)(\d\d)/.exec(rest), rest) ?? zoneFrom(/^GMT[+-](\d\d?):(\d\d)/i.exec(rest), rest.slice(3))

function zoneFrom(match: RegExpExecArray | null | undefined, signed: string): FoundZone | undefined {
  if (!match) return undefined
  const [{ length }, hours = '0', minutes = '0'] = match
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined
  const size = Number(hours) * 60 + Number(minutes)
  return { length, minutes: signed.startsWith('-') ? -size : size }
}

function namedZone(rest: string): FoundZone | undefined {
  const name = Object.keys(zones)
    .filter((candidate) => rest.toLowerCase().startsWith(candidate.toLowerCase()))
    .sort((a, b) => b.length - a.length)[0]
  return name === undefined ? undefined : { length: name.length, minutes: zones[name] ?? 0 }
}
