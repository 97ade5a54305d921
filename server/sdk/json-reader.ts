import { SerializationError } from '#server/sdk/data-error.ts'
import { JsonDecimal, type JsonNode } from '#server/sdk/json-node.ts'

/** What Kafka Connect's JSON parser accepts at most (Jackson: `StreamReadConstraints`). */
const limits = { depth: 1000, numberLength: 1000, nameLength: 50_000, stringLength: 20_000_000 }

const space = /[ \t\r\n]*/y
const number = /-?(\d+)(\.\d+)?([eE][+-]?\d+)?/y
/** A backslash or a control character. */
const notPlain = /[^ -[\]-\uffff]/
const identifierPart = /[\p{L}\p{N}_$]/u

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/**
 * Reads JSON as Kafka Connect's parser does, without losing a digit: numbers may have leading zeros, of two equal keys the
 * later wins, and nothing behind the first value is looked at. Throws `SerializationError` for anything else.
 */
export class JsonReader {
  readonly text: string
  /** Where the next character is read. */
  at: number
  #depth: number

  /** `depth`: how many containers are open already where reading begins. */
  constructor(text: string, at = 0, depth = 0) {
    this.text = text
    this.at = at
    this.#depth = depth
  }

  /** A whole document; undefined when there is nothing but space. */
  document(): JsonNode | undefined {
    this.skipSpace()
    if (this.at >= this.text.length) return undefined
    const node = this.value()
    if (typeof node === 'number' || typeof node === 'bigint' || node instanceof JsonDecimal) {
      const next = this.text[this.at]
      if (next !== undefined && !' \t\r\n'.includes(next)) this.#fail('Expected space separating root-level values')
    }
    return node
  }

  value(): JsonNode {
    switch (this.text.charCodeAt(this.at)) {
      case 34:
        return this.#string(limits.stringLength)
      case 123:
        return this.#object()
      case 91:
        return this.#array()
      case 116:
        return this.#word('true', true)
      case 102:
        return this.#word('false', false)
      case 110:
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  skipSpace(): void {
    const code = this.text.charCodeAt(this.at)
    if (code > 32) return
    space.lastIndex = this.at
    space.test(this.text)
    this.at = space.lastIndex
  }

  /** Goes past `character` when it is the next one, space left aside. */
  skips(character: string): boolean {
    this.skipSpace()
    if (this.text[this.at] !== character) return false
    this.at += 1
    this.skipSpace()
    return true
  }

  expect(character: string): void {
    if (!this.skips(character)) this.#fail(`Expected '${character}'`)
  }

  /** The name of an object's member, up to and with the colon. */
  name(): string {
    if (this.text.charCodeAt(this.at) !== 34) this.#fail('Was expecting double-quote to start field name')
    const name = this.#string(limits.nameLength)
    this.expect(':')
    return name
  }

  #string(limit: number): string {
    const from = this.at + 1
    const end = this.text.indexOf('"', from)
    if (end < 0) this.#fail('Unexpected end-of-input in a string')
    const plain = this.text.slice(from, end)
    const value = notPlain.test(plain) ? this.#escaped(from) : plain
    if (value === plain) this.at = end + 1
    if (value.length > limit) this.#fail(`String value length (${value.length}) exceeds the maximum allowed (${limit})`)
    return value
  }

  #escaped(from: number): string {
    const { text } = this
    let value = ''
    let copied = from
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === 34) {
        this.at = at + 1
        return value + text.slice(copied, at)
      }
      if (code < 32) this.#fail(`Illegal unquoted character (code ${code})`, at)
      if (code !== 92) continue
      value += text.slice(copied, at)
      at += 1
      const kind = text[at] ?? ''
      if (kind === 'u') {
        const hex = text.slice(at + 1, at + 5)
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail('Expected four hex digits', at)
        value += String.fromCharCode(Number.parseInt(hex, 16))
        at += 4
      } else value += escapes[kind] ?? this.#fail(`Unrecognized character escape '${kind}'`, at)
      copied = at + 1
    }
    return this.#fail('Unexpected end-of-input in a string')
  }

  #object(): ReadonlyMap<string, JsonNode> {
    this.#enter()
    const members = new Map<string, JsonNode>()
    this.expect('{')
    if (!this.skips('}')) {
      do {
        members.set(this.name(), this.value())
      } while (this.skips(','))
      this.expect('}')
    }
    this.#depth -= 1
    return members
  }

  #array(): readonly JsonNode[] {
    this.#enter()
    const items: JsonNode[] = []
    this.expect('[')
    if (!this.skips(']')) {
      do {
        items.push(this.value())
      } while (this.skips(','))
      this.expect(']')
    }
    this.#depth -= 1
    return items
  }

  #enter(): void {
    this.#depth += 1
    if (this.#depth > limits.depth)
      this.#fail(`Document nesting depth (${this.#depth}) exceeds the maximum allowed (${limits.depth})`)
  }

  #word<T>(word: string, value: T): T {
    const end = this.at + word.length
    if (!this.text.startsWith(word, this.at) || identifierPart.test(this.text[end] ?? ''))
      this.#fail('Unrecognized token: was expecting a JSON String, Number, Array, Object or token null, true or false')
    this.at = end
    return value
  }

  /** Most numbers are short integers: those are read without a regular expression. */
  #number(): number | bigint | JsonDecimal {
    const { text } = this
    let at = this.at
    let value = 0
    for (let code = text.charCodeAt(at); code >= 48 && code <= 57 && at - this.at < 15; code = text.charCodeAt(++at)) {
      value = value * 10 + code - 48
    }
    const next = text.charCodeAt(at)
    if (at === this.at || next === 46 || next === 101 || next === 69 || (next >= 48 && next <= 57)) {
      return this.#anyNumber()
    }
    this.at = at
    return value
  }

  #anyNumber(): number | bigint | JsonDecimal {
    number.lastIndex = this.at
    const match = number.exec(this.text)
    if (!match) this.#fail(this.at < this.text.length ? 'Unexpected character' : 'Unexpected end-of-input')
    const [whole, digits = '', fraction, exponent] = match
    this.at += whole.length
    const isInteger = fraction === undefined && exponent === undefined
    const length = isInteger ? digits.length : whole.length
    if (length > limits.numberLength)
      this.#fail(`Number value length (${length}) exceeds the maximum allowed (${limits.numberLength})`)
    if (!isInteger) return new JsonDecimal(whole)
    const near = Number(whole)
    if (Number.isSafeInteger(near)) return near === 0 ? 0 : near
    return BigInt(digits) * (whole.startsWith('-') ? -1n : 1n)
  }

  #fail(message: string, at = this.at): never {
    throw new SerializationError(`${message} at position ${at}`)
  }
}
