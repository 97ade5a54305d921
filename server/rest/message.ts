/** Headers under their names in small letters; several of one name are one, with commas between. */
export class HeaderMap {
  readonly #values = new Map<string, string>()

  constructor(given: Readonly<Record<string, string>> = {}) {
    for (const [name, value] of Object.entries(given)) this.set(name, value)
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase())
  }

  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), value)
  }

  append(name: string, value: string): void {
    const known = this.get(name)
    this.set(name, known === null ? value : `${known}, ${value}`)
  }

  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.#values[Symbol.iterator]()
  }
}

/**
 * What is looked at of a request. The `Request` of the web standard is one too; a worker makes its own, because all that
 * Node loads with that standard takes 13 MB.
 */
export interface RestRequest {
  readonly method: string
  readonly url: string
  readonly headers: Pick<HeaderMap, 'get' | 'has'>
  readonly body: AsyncIterable<Uint8Array> | null
}

export interface RestResponse {
  status: number
  headers: HeaderMap
  /** A function: what it gives goes out as it comes; its signal aborts when nobody listens any more. */
  body: string | Uint8Array | null | ((signal: AbortSignal) => AsyncIterable<string>)
}

export const respond = (
  status: number,
  body: RestResponse['body'] = null,
  headers: Readonly<Record<string, string>> = {},
): RestResponse => ({ status, headers: new HeaderMap(headers), body })
