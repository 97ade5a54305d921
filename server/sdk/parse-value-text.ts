import { javaTrim } from '#server/contract/java-trim.ts'
import { alignValue, CommonSchema, withoutSchema } from '#server/sdk/common-schema.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { plain, type Schema, schema } from '#server/sdk/schema.ts'
import { nothing, type SchemaAndValue, type Value } from '#server/sdk/value.ts'
import { parseNumber } from '#server/sdk/value-number.ts'
import { parseTemporal } from '#server/sdk/value-temporal.ts'
import { ValueTokens } from '#server/sdk/value-tokens.ts'

/**
 * Guesses what a text means (Kafka: `Values.parseString`): a literal, number, date, list or map, else the text itself.
 * Undefined is null. A text nested too deep throws `RangeError`.
 */
export function parseValueText(text: string): SchemaAndValue | undefined {
  if (text === '') return { schema: plain.string, value: '' }
  return new ValueParser(text).parse(false)
}

const literals: ReadonlyMap<string, SchemaAndValue | undefined> = new Map([
  ['null', undefined],
  ['true', { schema: schema.boolean(), value: true }],
  ['false', { schema: schema.boolean(), value: false }],
])

class ValueParser {
  readonly #tokens: ValueTokens

  constructor(text: string) {
    this.#tokens = new ValueTokens(text)
  }

  /** `inside` a list or map a string is quoted, and what is not understood fails the whole. */
  parse(inside: boolean): SchemaAndValue | undefined {
    const tokens = this.#tokens
    if (!tokens.hasNext()) return undefined
    if (inside && tokens.consumes('"')) return this.#quoted()
    for (const [word, literal] of literals) if (this.#isLiteral(word, inside)) return literal
    const start = tokens.mark()
    try {
      if (tokens.consumes('[')) return this.#list()
      if (tokens.consumes('{')) return this.#map()
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      tokens.rewindTo(start)
    }
    const token = tokens.next()
    const trimmed = javaTrim(token)
    return trimmed === '' ? { schema: plain.string, value: token } : this.#token(trimmed, inside)
  }

  /** Outside of a list a literal stands alone: `true}` is a string. */
  #isLiteral(word: string, inside: boolean): boolean {
    const start = this.#tokens.mark()
    if (this.#tokens.consumes(word) && (inside || !this.#tokens.hasNext())) return true
    this.#tokens.rewindTo(start)
    return false
  }

  #token(token: string, inside: boolean): SchemaAndValue {
    const startsWithDigit = /^\p{Nd}/u.test(token)
    const found =
      (startsWithDigit ? this.#temporal(token) : undefined) ??
      (startsWithDigit || token[0] === '+' || token[0] === '-' ? parseNumber(token) : undefined)
    if (found) return found
    if (inside) throw new DataError('Failed to parse embedded value')
    return { schema: plain.string, value: this.#tokens.text }
  }

  /** The colons of a time have cut it into five tokens. */
  #temporal(token: string): SchemaAndValue | undefined {
    const start = this.#tokens.mark()
    const rest = this.#tokens.nextMany(4)
    const found = rest === undefined ? undefined : parseTemporal(token + rest)
    if (found) return found
    this.#tokens.rewindTo(start)
    return parseTemporal(token)
  }

  #quoted(): SchemaAndValue {
    const tokens = this.#tokens
    let content = ''
    while (tokens.hasNext() && !tokens.consumesExactly('"')) content += tokens.next()
    return parseTemporal(content) ?? { schema: plain.string, value: content }
  }

  #list(): SchemaAndValue {
    const tokens = this.#tokens
    const items: SchemaAndValue[] = []
    const common = new CommonSchema()
    while (tokens.hasNext()) {
      if (tokens.consumes(']')) {
        const of = common.schema
        return { schema: schema.array(of), value: items.map((item) => valueUnder(of, item)) }
      }
      if (tokens.consumes(',')) throw new DataError(`Unable to parse an empty array element: ${tokens.text}`)
      const item = this.parse(true)
      common.add(item)
      items.push(item ?? nothing)
      const behind = tokens.mark()
      if (tokens.consumes(']')) tokens.rewindTo(behind)
      else if (!tokens.consumes(',')) throw new DataError("Array elements missing ',' delimiter")
    }
    throw new DataError("Array is missing terminating ']'")
  }

  #map(): SchemaAndValue {
    const tokens = this.#tokens
    const entries: [SchemaAndValue, SchemaAndValue][] = []
    const keys = new CommonSchema()
    const values = new CommonSchema()
    while (tokens.hasNext()) {
      if (tokens.consumes('}')) return mapOf(entries, keys, values)
      if (tokens.consumes(',')) throw new DataError(`Unable to parse a map entry with no key or value: ${tokens.text}`)
      const key = this.parse(true)
      if (!key || key.value === null) throw new DataError(`Map entry may not have a null key: ${tokens.text}`)
      if (!tokens.consumes(':')) throw new DataError(`Map entry is missing ':': ${tokens.text}`)
      const value = this.parse(true)
      entries.push([key, value ?? nothing])
      keys.add(key)
      values.add(value)
      tokens.consumes(',')
    }
    throw new DataError("Map is missing terminating '}'")
  }
}

function mapOf(
  entries: readonly [SchemaAndValue, SchemaAndValue][],
  { schema: keys }: CommonSchema,
  common: CommonSchema,
): SchemaAndValue {
  const values = keys ? common.schema : null
  const map = new Map(entries.map(([key, value]) => [valueUnder(keys, key), valueUnder(values, value)]))
  return { schema: schema.map(keys, values), value: map }
}

const valueUnder = (of: Schema | null, item: SchemaAndValue): Value =>
  of ? alignValue(of, item.value) : withoutSchema(item.value, item.schema)
