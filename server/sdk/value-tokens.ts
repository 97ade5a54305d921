import { javaTrim } from '#server/contract/java-trim.ts'

const delimiters = ':,{}[]"'

/** Cuts a text at `:`, `,`, brackets, braces and quotes, each a token itself, unless a backslash stands before it. */
export class ValueTokens {
  readonly text: string
  #at = 0
  #next: string | undefined

  constructor(text: string) {
    this.text = text
  }

  hasNext(): boolean {
    return this.#next !== undefined || this.#at < this.text.length
  }

  next(): string {
    const token = this.#next ?? this.#consume()
    this.#next = undefined
    return token
  }

  /** The text of the next `count` tokens; undefined, and nothing read, when there are fewer. */
  nextMany(count: number): string | undefined {
    const start = this.mark()
    for (let i = 0; i < count; i++) {
      if (!this.hasNext()) {
        this.rewindTo(start)
        return undefined
      }
      this.next()
    }
    return this.text.slice(start, this.mark())
  }

  /** Goes past the next token when it is `expected`, space around it and before it left aside. */
  consumes(expected: string): boolean {
    if (!this.hasNext()) return false
    this.#next ??= this.#consume()
    while (javaTrim(this.#next) === '' && this.#at < this.text.length) this.#next = this.#consume()
    return this.#isNext(javaTrim(this.#next), expected)
  }

  /** Goes past the next token when it is exactly `expected`. */
  consumesExactly(expected: string): boolean {
    if (!this.hasNext()) return false
    this.#next ??= this.#consume()
    return this.#isNext(this.#next, expected)
  }

  mark(): number {
    return this.#at - (this.#next?.length ?? 0)
  }

  rewindTo(mark: number): void {
    this.#at = mark
    this.#next = undefined
  }

  #isNext(token: string, expected: string): boolean {
    if (token !== expected) return false
    this.#next = undefined
    return true
  }

  #consume(): string {
    const { text } = this
    const start = this.#at
    let escaped = false
    for (; this.#at < text.length; this.#at++) {
      const character = text[this.#at] ?? ''
      if (character === '\\') escaped = !escaped
      else if (escaped) escaped = false
      else if (delimiters.includes(character)) {
        if (this.#at === start) this.#at += 1
        break
      }
    }
    return text.slice(start, this.#at)
  }
}
