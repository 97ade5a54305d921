import { DataError } from '#server/sdk/data-error.ts'
import type { Decimal } from '#server/sdk/decimal.ts'
import { logical } from '#server/sdk/logical.ts'
import { dateDays, timeMs, timestampMs } from '#server/sdk/logical-value.ts'
import { plain, type Schema, schema } from '#server/sdk/schema.ts'
import { schemaText } from '#server/sdk/schema-text.ts'
import type { Struct } from '#server/sdk/struct.ts'
import { textForm } from '#server/sdk/text-form.ts'
import { isValueOf } from '#server/sdk/validate-value.ts'
import type { Header, Value } from '#server/sdk/value.ts'

const schemas = {
  boolean: schema.boolean(),
  int8: schema.int8(),
  int16: schema.int16(),
  int32: schema.int32(),
  int64: schema.int64(),
  float32: schema.float32(),
  float64: schema.float64(),
  date: logical.date(),
  time: logical.time(),
  timestamp: logical.timestamp(),
}

/** A header whose value was looked at. Throws `DataError` for one that is not of the schema; without a schema all are taken. */
export function headerOf(name: string, of: Schema | null, value: Value): Header {
  if (of && value === null && !of.optional) {
    throw new DataError(`A null value requires an optional schema but was ${schemaText(of)}`)
  }
  if (of && value !== null && !isValueOf(of, value)) {
    throw new DataError(`The value ${textForm(value, of)} is not compatible with the schema ${schemaText(of)}`)
  }
  return { name, schema: of, value }
}

/**
 * The headers of a record while they are changed (Kafka: `ConnectHeaders`): in their order, names may repeat. What it was made
 * of stays as it is; `toArray` is what a record takes. Every method that changes something answers the headers themselves:
 *
 *     { ...record, headers: new ConnectHeaders(record.headers).remove('trace').addString('origin', 'shop').toArray() }
 *
 * The methods that add throw `DataError` for a value that their type does not hold. A null is added without a schema, or as an
 * optional text or byte array.
 */
export class ConnectHeaders implements Iterable<Header> {
  #headers: Header[]

  constructor(headers: Iterable<Header> = []) {
    this.#headers = [...headers]
  }

  get size(): number {
    return this.#headers.length
  }

  get isEmpty(): boolean {
    return this.#headers.length === 0
  }

  [Symbol.iterator](): Iterator<Header> {
    return this.#headers[Symbol.iterator]()
  }

  /** The headers as a record holds them; later changes are not seen in it. */
  toArray(): readonly Header[] {
    return [...this.#headers]
  }

  /** The same headers, to be changed apart from these. */
  duplicate(): ConnectHeaders {
    return new ConnectHeaders(this)
  }

  /** Behind all others; null as a schema takes any value as it is. */
  add(name: string, value: Value, of: Schema | null): this {
    return this.addHeader(headerOf(name, of, value))
  }

  addHeader(header: Header): this {
    this.#headers.push(header)
    return this
  }

  addString(name: string, value: string | null): this {
    return this.add(name, value, value === null ? plain.optionalString : plain.string)
  }

  addBytes(name: string, value: Uint8Array | null): this {
    return this.add(name, value, value === null ? plain.optionalBytes : plain.bytes)
  }

  addBoolean(name: string, value: boolean): this {
    return this.add(name, value, schemas.boolean)
  }

  /** An INT8. */
  addByte(name: string, value: number): this {
    return this.add(name, value, schemas.int8)
  }

  /** An INT16. */
  addShort(name: string, value: number): this {
    return this.add(name, value, schemas.int16)
  }

  /** An INT32. */
  addInt(name: string, value: number): this {
    return this.add(name, value, schemas.int32)
  }

  /** An INT64. */
  addLong(name: string, value: bigint): this {
    return this.add(name, value, schemas.int64)
  }

  /** A FLOAT32. */
  addFloat(name: string, value: number): this {
    return this.add(name, value, schemas.float32)
  }

  /** A FLOAT64. */
  addDouble(name: string, value: number): this {
    return this.add(name, value, schemas.float64)
  }

  addList(name: string, value: readonly Value[] | null, of: Schema): this {
    return this.#addOf('ARRAY', name, value, of)
  }

  addMap(name: string, value: ReadonlyMap<Value, Value> | null, of: Schema): this {
    return this.#addOf('MAP', name, value, of)
  }

  addStruct(name: string, value: Struct | null): this {
    return this.add(name, value, value?.schema ?? null)
  }

  /** Under a schema of the value's own scale. */
  addDecimal(name: string, value: Decimal | null): this {
    return this.add(name, value, value && logical.decimal(value.scale))
  }

  /** A day: midnight UTC. */
  addDate(name: string, value: Date | null): this {
    if (value) dateDays(value)
    return this.add(name, value, value && schemas.date)
  }

  /** A time of day: less than 24 hours after the epoch. */
  addTime(name: string, value: Date | null): this {
    if (value) timeMs(value)
    return this.add(name, value, value && schemas.time)
  }

  addTimestamp(name: string, value: Date | null): this {
    if (value) timestampMs(value)
    return this.add(name, value, value && schemas.timestamp)
  }

  /** The last header of the name, which is the one that counts; undefined when there is none. */
  lastWithName(name: string): Header | undefined {
    return this.#headers.findLast((header) => header.name === name)
  }

  allWithName(name: string): Header[] {
    return this.#headers.filter((header) => header.name === name)
  }

  /** Takes away all headers of the name. */
  remove(name: string): this {
    this.#headers = this.#headers.filter((header) => header.name !== name)
    return this
  }

  /** Of several headers of one name leaves the last: of this name, or of every name when none is given. */
  retainLatest(name?: string): this {
    const last = new Map(this.#headers.map((header, at) => [header.name, at]))
    this.#headers = this.#headers.filter(
      (header, at) => (name !== undefined && header.name !== name) || last.get(header.name) === at,
    )
    return this
  }

  clear(): this {
    this.#headers = []
    return this
  }

  /** Puts in place of each header, of this name or of all, what the function makes of it; null takes it away. */
  apply(change: (header: Header) => Header | null): this
  apply(name: string, change: (header: Header) => Header | null): this
  apply(...args: [(header: Header) => Header | null] | [string, (header: Header) => Header | null]): this {
    const [name, change] = args.length === 2 ? args : [undefined, args[0]]
    this.#headers = this.#headers.flatMap((header) => {
      if (name !== undefined && header.name !== name) return [header]
      return change(header) ?? []
    })
    return this
  }

  #addOf(type: Schema['type'], name: string, value: Value, of: Schema): this {
    if (value === null) return this.add(name, null, null)
    if (of.type !== type) throw new DataError(`Expecting ${type} but instead found ${of.type}`)
    return this.add(name, value, of)
  }
}
