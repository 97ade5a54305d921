import { ConnectError } from '#server/contract/errors.ts'

/** A version spec of KIP-891: nothing or `latest`, one version, or a range in Maven's notation such as `[1.0,2.0)`. */
export interface VersionRange {
  /** As messages show it. */
  text: string
  includes(version: string): boolean
}

/** Undefined when any version will do. */
export function parseVersionSpec(spec: string | null | undefined): VersionRange | undefined {
  if (spec === undefined || spec === null) return undefined
  const text = spec.trim()
  if (text === 'latest') return undefined
  // Kafka hands the empty spec on as a range without any version in it.
  if (text === '') return { text: '[,]', includes: () => false }
  if (!/^[[(]/.test(text))
    return { text: `[${text},${text}]`, includes: (version) => compareVersions(version, text) === 0 }
  const parts = text.match(/[[(][^\])]*[\])]/g)
  if (!parts || parts.join(',') !== text.replace(/\s/g, ''))
    throw new ConnectError('BAD_REQUEST', `Unbounded range: ${text}`)
  return { text, includes: (version) => parts.some((part) => within(part, version)) }
}

function within(part: string, version: string): boolean {
  const inner = part.slice(1, -1)
  const [low = '', high = inner.includes(',') ? '' : low] = inner.split(',').map((bound) => bound.trim())
  const aboveLow = low === '' || compareVersions(version, low) > (part.startsWith('[') ? -1 : 0)
  const belowHigh = high === '' || compareVersions(version, high) < (part.endsWith(']') ? 1 : 0)
  return aboveLow && belowHigh
}

/** Numeric parts count as numbers, a missing part as zero, and a qualifier (`-rc1`) comes before the release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/))
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const order = rank(left?.[i]) - rank(right?.[i]) || (left?.[i] ?? '0').localeCompare(right?.[i] ?? '0')
    if (order !== 0 && !(isZero(left?.[i]) && isZero(right?.[i]))) return Math.sign(order)
  }
  return 0
}

const isZero = (part: string | undefined) => part === undefined || Number(part) === 0
const rank = (part = '0') => (/^\d+$/.test(part) ? Number(part) : -1)
