import { jsonSchemaCheck } from '#server/converters/json-schema/json-schema-check.ts'
import type { JsonSchemaConfig } from '#server/converters/json-schema/json-schema-fields.ts'
import { jsonSchemaText } from '#server/converters/json-schema/json-schema-from-connect.ts'
import { connectSchemaOf } from '#server/converters/json-schema/json-schema-to-connect.ts'
import { jsonSchemaValues } from '#server/converters/json-schema/json-schema-values.ts'
import { type SchemaPlace, schemaRoot } from '#server/converters/json-schema/schema-place.ts'
import { createRegistryConverter } from '#server/converters/registry/registry-converter.ts'
import type { RegistryFormat } from '#server/converters/registry/registry-format.ts'
import type { Converter } from '#server/sdk/converter.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import { decodeUtf8 } from '#server/sdk/json-encoding.ts'
import { isJsonObject, type JsonNode } from '#server/sdk/json-node.ts'
import { JsonReader } from '#server/sdk/json-reader.ts'
import type { Schema } from '#server/sdk/schema.ts'

interface ParsedJsonSchema {
  root: SchemaPlace
  text: string
  references: ReadonlyMap<string, string>
}

/** JSON with its JSON schema in a registry, as Confluent's converter has it. */
export function jsonSchemaFormat(config: JsonSchemaConfig): RegistryFormat<ParsedJsonSchema> {
  const values = jsonSchemaValues(config)
  const checkOf = ({ text, references }: ParsedJsonSchema) =>
    config['json.fail.invalid.schema'] ? jsonSchemaCheck(text, references) : undefined
  return {
    kind: 'JSON',
    writesNull: true,
    messages: {
      write: (topic) => `Converting Kafka Connect data to byte[] failed due to serialization error of topic ${topic}: `,
      read: (topic) => `Converting byte[] to Kafka Connect data failed due to serialization error of topic ${topic}: `,
    },
    parse(text, references) {
      const others = new Map([...references].map(([name, referred]) => [name, documentOf(referred)]))
      return { root: schemaRoot(documentOf(text), others), text, references }
    },
    recordName({ root }) {
      const title = isJsonObject(root.node) ? root.node.get('title') : undefined
      return typeof title === 'string' ? title : undefined
    },
    describe: (schema) => jsonSchemaText(withSchema(schema), config, values.writer),
    writer(schema, parsed) {
      const write = values.writer(withSchema(schema))
      const check = checkOf(parsed)
      return (value, to) => {
        const json = write(value)
        check?.(json)
        to.utf8(json)
      }
    },
    reader(parsed, version) {
      const schema = connectSchemaOf(parsed.root, config, values.read, version)
      const check = checkOf(parsed)
      return (bytes, at) => {
        const json = decodeUtf8(bytes.subarray(at), 0)
        const node = new JsonReader(json).document()
        if (node === undefined) throw new SerializationError('There is no JSON')
        check?.(json)
        return { schema, value: values.read(schema, node) }
      }
    },
  }
}

function documentOf(text: string): JsonNode {
  try {
    return new JsonReader(text).document() ?? null
  } catch (cause) {
    throw new DataError('The schema is no JSON', { cause })
  }
}

function withSchema(schema: Schema | null): Schema {
  if (schema) return schema
  throw new DataError('JSON Schema needs a schema: let the source give one, or use another converter')
}

export const createJsonSchemaConverter = (config: JsonSchemaConfig, isKey: boolean): Converter =>
  createRegistryConverter(jsonSchemaFormat(config), config, isKey)
