import type { JsonSchemaConfig } from '#server/converters/json-schema/json-schema-fields.ts'
import { isJsonObjectMap, isJsonUnion, jsonNames } from '#server/converters/json-schema/json-schema-names.ts'
import type { WriteJson } from '#server/sdk/connect-json-writer.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { quoteJson } from '#server/sdk/json-quote.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import type { MapSchema, Schema, StructSchema } from '#server/sdk/schema.ts'

type Member = readonly [name: string, json: string]

/**
 * The JSON schema of a Connect schema as text (Confluent: `JsonSchemaData.fromConnectSchema`). `valueWriter` writes a
 * default as the value that it is.
 */
export function jsonSchemaText(
  of: Schema,
  config: JsonSchemaConfig,
  valueWriter: (schema: Schema) => WriteJson,
): string {
  return schemaText(of, undefined)

  function schemaText(schema: Schema, index: number | undefined): string {
    const place: Member[] = index === undefined ? [] : [['connect.index', `${index}`]]
    if (schema.type === 'STRUCT' && isJsonUnion(schema)) {
      const members = schema.fields.map((field, at) => schemaText(required(field.schema), at))
      return object([...place, ['oneOf', `[${[...(schema.optional ? [nullSchema] : []), ...members].join(',')}]`]])
    }
    if (!schema.optional) return object([...shape(schema), ...facts(schema), ...place])
    return object([...place, ['oneOf', `[${nullSchema},${object([...shape(schema), ...facts(schema)])}]`]])
  }

  function shape(schema: Schema): Member[] {
    const typed = (type: string, connect?: string): Member[] => [
      ['type', `"${type}"`],
      ...(connect === undefined ? [] : [['connect.type', `"${connect}"`] as const]),
    ]
    switch (schema.type) {
      case 'BOOLEAN':
        return typed('boolean')
      case 'INT8':
      case 'INT16':
      case 'INT32':
      case 'INT64':
        return typed('integer', schema.type.toLowerCase())
      case 'FLOAT32':
      case 'FLOAT64':
        return typed('number', schema.type.toLowerCase())
      case 'BYTES':
        return typed(logicalOf(schema) === 'decimal' ? 'number' : 'string', 'bytes')
      case 'STRING': {
        const symbols = enumSymbols(schema)
        return symbols ? [['enum', JSON.stringify(symbols)]] : typed('string')
      }
      case 'ARRAY':
        return [...typed('array'), ['items', schemaText(known(schema.items), undefined)]]
      case 'MAP':
        return mapShape(schema)
      case 'STRUCT':
        return structShape(schema)
    }
  }

  function mapShape(schema: MapSchema): Member[] {
    const values = known(schema.values)
    if (isJsonObjectMap(schema)) {
      return [
        ['type', '"object"'],
        ['additionalProperties', schemaText(values, undefined)],
        ['connect.type', '"map"'],
      ]
    }
    const entry = object([
      ['type', '"object"'],
      [
        'properties',
        object([
          ['key', schemaText(known(schema.keys), 0)],
          ['value', schemaText(values, 1)],
        ]),
      ],
    ])
    return [
      ['type', '"array"'],
      ['items', entry],
      ['connect.type', '"map"'],
    ]
  }

  function structShape(schema: StructSchema): Member[] {
    const properties = schema.fields.map(({ name, schema: field }, at): Member => [name, schemaText(field, at)])
    const needed = schema.fields.filter(({ schema: field }) => !field.optional).map(({ name }) => name)
    return [
      ['type', '"object"'],
      ['properties', object(properties)],
      ...(config['use.optional.for.nonrequired.properties'] && needed.length > 0
        ? [['required', JSON.stringify(needed)] as const]
        : []),
      ...(config['object.additional.properties'] ? [] : [['additionalProperties', 'false'] as const]),
    ]
  }

  /** What Connect says of a schema beside its shape. */
  function facts(schema: Schema): Member[] {
    const members: Member[] = []
    if (schema.name !== undefined) members.push(['title', quoteJson(schema.name)])
    if (schema.doc !== undefined) members.push(['description', quoteJson(schema.doc)])
    if (schema.default !== undefined && schema.default !== null) {
      members.push(['default', valueWriter(schema)(schema.default)])
    }
    if (schema.version !== undefined) members.push(['connect.version', `${schema.version}`])
    if (schema.parameters && schema.parameters.size > 0) {
      members.push([
        'connect.parameters',
        object([...schema.parameters].map(([key, value]) => [key, quoteJson(value)])),
      ])
    }
    return members
  }
}

const nullSchema = '{"type":"null"}'

const object = (members: readonly Member[]) =>
  `{${members.map(([name, json]) => `${quoteJson(name)}:${json}`).join(',')}}`

function enumSymbols(schema: Schema): string[] | undefined {
  const prefix = [jsonNames.generalEnum, jsonNames.enum].find((name) => schema.parameters?.has(name))
  if (prefix === undefined) return undefined
  return [...(schema.parameters ?? [])].flatMap(([key]) =>
    key.startsWith(`${prefix}.`) ? [key.slice(prefix.length + 1)] : [],
  )
}

/** A member of a union is there or not: it is not optional in itself. */
const required = (schema: Schema): Schema => ({ ...schema, optional: false }) as Schema

function known(schema: Schema | null): Schema {
  if (schema) return schema
  throw new DataError('JSON Schema needs the schema of elements, keys and values')
}
