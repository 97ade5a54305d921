import { ConnectError } from '#server/contract/errors.ts'

/** How numbers of a body are read: as the text that was sent (config values), or exactly (offsets; big ones as `bigint`). */
export type NumberReading = 'text' | 'exact'

/** What a body may hold at most (S-13). */
export interface JsonLimits {
  depth: number
  keys: number
  valueLength: number
  /** Of a new connector. */
  nameLength: number
  /** Whether keys may be named as what JavaScript's objects inherit: in answers of workers, where names of connectors are keys. */
  anyKey?: boolean
}

export const kafkaLimits: JsonLimits = {
  depth: 32,
  keys: 100_000,
  valueLength: 16 * 1024 * 1024,
  nameLength: Number.POSITIVE_INFINITY,
}
export const safeLimits: JsonLimits = { depth: 32, keys: 2000, valueLength: 64 * 1024, nameLength: 255 }

/** Keys that reach into JavaScript's prototypes when a careless merge meets them (S-22). */
const poison = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads a body without losing a digit. Objects come out without a prototype; a key that could pollute one is refused in
 * words. Malformed text is a 500, as in Kafka Connect.
 */
export function parseJson(text: string, numbers: NumberReading, limits: JsonLimits): unknown {
  checkDepth(text, limits.depth)
  let keys = 0
  try {
    return JSON.parse(text, (key, value: unknown, context?: { source?: string }) => {
      if (!limits.anyKey && poison.has(key))
        throw new ConnectError('BAD_REQUEST', `The key '${key}' is not allowed in a JSON object.`)
      if (typeof value === 'number' && context?.source !== undefined) {
        return numbers === 'text' ? context.source : exactNumber(value, context.source)
      }
      if (typeof value === 'string' && value.length > limits.valueLength) {
        throw new ConnectError('BAD_REQUEST', `The value of '${key}' is longer than ${limits.valueLength} characters.`)
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
      keys += Object.keys(value).length
      if (keys > limits.keys) throw new ConnectError('BAD_REQUEST', `The body has more than ${limits.keys} keys.`)
      return Object.assign(Object.create(null), value)
    })
  } catch (error) {
    if (error instanceof ConnectError) throw error
    throw new ConnectError('BODY_INVALID', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Numbers beyond what a double holds exactly are written as they were read. */
export function toJson(value: unknown, indent?: number): string {
  const exact = (_key: string, item: unknown) =>
    typeof item === 'bigint' ? (JSON as JsonWithRaw).rawJSON(item.toString()) : item
  return JSON.stringify(value, exact, indent)
}

/** TypeScript does not know this part of the language yet. */
type JsonWithRaw = typeof JSON & { rawJSON(text: string): unknown }

const exactNumber = (value: number, source: string): number | bigint =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value

/** Before parsing, because the parser itself recurses. */
function checkDepth(text: string, limit: number): void {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === 0x5c) i++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) {
      depth++
      if (depth > limit) throw new ConnectError('BAD_REQUEST', `The body is nested deeper than ${limit} levels.`)
    } else if (code === 0x7d || code === 0x5d) depth--
  }
}
