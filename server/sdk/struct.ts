import { DataError } from '#server/sdk/data-error.ts'
import { type StructSchema, sameSchema } from '#server/sdk/schema.ts'
import { validateValue } from '#server/sdk/validate-value.ts'
import type { Value } from '#server/sdk/value.ts'

/** A value with named fields, always together with its schema (Kafka: `Struct`). */
export class Struct {
  readonly schema: StructSchema
  #values: (Value | undefined)[] = []

  /** `values` are set by name; a name that the schema does not have is an error. */
  constructor(schema: StructSchema, values?: Readonly<Record<string, Value>>) {
    this.schema = schema
    if (values) for (const [name, value] of Object.entries(values)) this.set(name, value)
  }

  /** A struct whose values stand in the order of the fields. */
  static of(schema: StructSchema, values: readonly Value[]): Struct {
    return Struct.holding(schema, values.slice(0, schema.fields.length))
  }

  /** The same around the list itself, which belongs to the struct from now on. */
  static holding(schema: StructSchema, values: Value[]): Struct {
    const struct = new Struct(schema)
    struct.#values = values
    return struct
  }

  /** The field's value, or its default in place of null. */
  get(name: string): Value {
    const at = this.#at(name)
    return this.#values[at] ?? this.schema.fields[at]?.schema.default ?? null
  }

  /** The field's value as it was set (Kafka: `getWithoutDefault`). */
  stored(name: string): Value {
    return this.#values[this.#at(name)] ?? null
  }

  /** As `stored`, by the field's position. */
  storedAt(at: number): Value {
    return this.#values[at] ?? null
  }

  /** Throws `DataError` for a value that is not of the field's schema (Kafka: `put`). */
  set(name: string, value: Value): this {
    const at = this.#at(name)
    const field = this.schema.fields[at]
    // A default may stand in for a null until the struct is looked at as a whole.
    if (field && !(value === null && field.schema.default !== undefined)) {
      validateValue(field.schema, value, `field: "${name}"`)
    }
    this.#values[at] = value
    return this
  }

  #at(name: string): number {
    const at = this.schema.index.get(name)
    if (at === undefined) throw new DataError(`${name} is not a valid field name`)
    return at
  }
}

/** Whether a value is a struct of exactly this schema. */
export const isStructOf = (schema: StructSchema, value: Value): value is Struct =>
  value instanceof Struct && sameSchema(value.schema, schema)
