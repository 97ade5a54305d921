import { SchemaBuilderError } from '#server/sdk/data-error.ts'
import { type AttributeInput, type Field, type Schema, type StructSchema, schema } from '#server/sdk/schema.ts'

/**
 * Remembers what was made of each schema, so that records of one schema go on with one schema, too: whoever reads them
 * compares schemas by identity first. Schemas that nobody holds any more are forgotten.
 */
export function perSchema<From extends Schema, Made>(make: (from: From) => Made): (from: From) => Made {
  const known = new WeakMap<From, { made: Made }>()
  let last: From | undefined
  let lastMade: Made
  return (from) => {
    if (from === last) return lastMade
    let entry = known.get(from)
    if (!entry) {
      entry = { made: make(from) }
      known.set(from, entry)
    }
    last = from
    lastMade = entry.made
    return lastMade
  }
}

/** Name, version, doc and parameters of a schema, without being optional and without its default (Kafka: `SchemaUtil.copySchemaBasics`). */
export function schemaBasics({ name, version, doc, parameters }: Schema): AttributeInput {
  return {
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    ...(doc !== undefined && { doc }),
    ...(parameters && { parameters }),
  }
}

/** The same schema with attributes in place of its own. */
export function withAttributes(of: Schema, attributes: AttributeInput): Schema {
  switch (of.type) {
    case 'ARRAY':
      return schema.array(of.items, attributes)
    case 'MAP':
      return schema.map(of.keys, of.values, attributes)
    case 'STRUCT':
      return schema.struct(of.fields, attributes)
    default:
      return schema.primitive(of.type, attributes)
  }
}

/** A struct of these fields, with the words of Kafka's `SchemaBuilder` for a list that makes none. */
export function structOf(fields: readonly Field[], attributes: AttributeInput): StructSchema {
  const names = new Set<string>()
  for (const { name } of fields) {
    if (!name) throw new SchemaBuilderError('fieldName cannot be null.')
    if (names.has(name)) throw new SchemaBuilderError(`Cannot create field because of field name duplication ${name}`)
    names.add(name)
  }
  return schema.struct(fields, attributes)
}
