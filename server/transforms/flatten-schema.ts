import { DataError } from '#server/sdk/data-error.ts'
import type { Field, Schema, StructSchema } from '#server/sdk/schema.ts'
import { schemaBasics, structOf, withAttributes } from '#server/sdk/schema-update.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'

/** One level of fields: each is optional when one of its parents is, and takes its default from them when it has none. */
export function flattenedSchema(from: StructSchema, delimiter: string): StructSchema {
  const fields: Field[] = []
  collect(from, { prefix: '', optional: from.optional, standsIn: from.default }, delimiter, fields)
  return structOf(fields, schemaBasics(from))
}

interface Parent {
  prefix: string
  optional: boolean
  /** The default of the struct. */
  standsIn: Value | undefined
}

function collect(from: StructSchema, parent: Parent, delimiter: string, to: Field[]): void {
  for (const { name, schema: of } of from.fields) {
    const path = parent.prefix === '' ? name : `${parent.prefix}${delimiter}${name}`
    const optional = parent.optional || of.optional
    const standsIn = of.default ?? inherited(parent.standsIn, name)
    if (of.type === 'STRUCT') collect(of, { prefix: path, optional, standsIn }, delimiter, to)
    else to.push({ name: path, schema: converted(of, path, optional, standsIn) })
  }
}

function inherited(standsIn: Value | undefined, name: string): Value | undefined {
  if (standsIn === undefined || standsIn === null || !isStruct(standsIn)) return undefined
  return standsIn.get(name) ?? undefined
}

function converted(of: Schema, path: string, optional: boolean, standsIn: Value | undefined): Schema {
  if (of.type === 'MAP') {
    throw new DataError(`Flatten transformation does not support MAP for record with schemas (for field ${path}).`)
  }
  return withAttributes(of, { ...schemaBasics(of), optional, ...(standsIn !== undefined && { default: standsIn }) })
}
