import { DataError } from '#server/sdk/data-error.ts'
import { type Schema, type SchemaType, type StructSchema, sameSchemaParameters } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'

/** A value that does not fit another version of its schema (Kafka: `SchemaProjectorException`). */
export class SchemaProjectorError extends DataError {
  override readonly name = 'SchemaProjectorException'
}

/** Each type with those that can hold every number of it, narrow to wide. */
const widening: readonly SchemaType[] = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64']

/**
 * A value of one schema under another version of it, which may have wider numbers, fewer fields, and more fields that are
 * optional or have defaults (Kafka: `SchemaProjector.project`). Throws `SchemaProjectorError`.
 */
export function projectValue(source: Schema, value: Value, target: Schema): Value {
  checkCompatible(source, target)
  if (!source.optional || target.optional) return value === null ? null : projected(source, value, target)
  if (target.default === undefined) {
    throw new SchemaProjectorError(
      'Writer schema is optional, however, target schema does not provide a default value.',
    )
  }
  return value === null ? target.default : projected(source, value, target)
}

function checkCompatible(source: Schema, target: Schema): void {
  const fits = source.type === target.type || isWider(source.type, target.type)
  if (!fits) {
    throw new SchemaProjectorError(`Schema type mismatch. source type: ${source.type} and target type: ${target.type}`)
  }
  if (source.name !== target.name) {
    throw new SchemaProjectorError(
      `Schema name mismatch. source name: ${source.name ?? null} and target name: ${target.name ?? null}`,
    )
  }
  if (!sameSchemaParameters(source.parameters, target.parameters)) {
    throw new SchemaProjectorError(
      `Schema parameters not equal. source parameters: ${shown(source)} and target parameters: ${shown(target)}`,
    )
  }
}

function isWider(from: SchemaType, to: SchemaType): boolean {
  const at = widening.indexOf(from)
  return at >= 0 && widening.indexOf(to) > at
}

function projected(source: Schema, value: Exclude<Value, null>, target: Schema): Value {
  if (target.type === 'STRUCT' && source.type === 'STRUCT' && isStruct(value)) {
    return projectStruct(source, value, target)
  }
  if (target.type === 'ARRAY' && source.type === 'ARRAY' && Array.isArray(value)) {
    return value.map((item) => projectPart(source.items, item, target.items))
  }
  if (target.type === 'MAP' && source.type === 'MAP' && value instanceof Map) {
    return new Map(
      [...value].map(([key, item]) => [
        projectPart(source.keys, key, target.keys),
        projectPart(source.values, item, target.values),
      ]),
    )
  }
  return source.type === target.type ? value : widened(value, target.type)
}

/** Where one side has no schema there is nothing to project. */
const projectPart = (source: Schema | null, value: Value, target: Schema | null): Value =>
  source && target ? projectValue(source, value, target) : value

function widened(value: Value, to: SchemaType): Value {
  if (typeof value !== 'number' && typeof value !== 'bigint') return value
  if (to === 'INT64') return BigInt(value)
  return to === 'FLOAT32' ? Math.fround(Number(value)) : Number(value)
}

function projectStruct(source: StructSchema, value: Struct, target: StructSchema): Struct {
  const result = new Struct(target)
  for (const { name, schema: wanted } of target.fields) {
    const at = source.index.get(name)
    const field = at === undefined ? undefined : source.fields[at]
    if (field) {
      try {
        result.set(name, projectValue(field.schema, value.get(name), wanted))
      } catch (cause) {
        if (!(cause instanceof SchemaProjectorError)) throw cause
        throw new SchemaProjectorError(`Error projecting ${name}`, { cause })
      }
    } else if (wanted.optional) {
      // It stays null.
    } else if (wanted.default !== undefined) {
      result.set(name, wanted.default)
    } else {
      throw new SchemaProjectorError(
        `Required field \`${name}\` is missing from source schema: Schema{${source.name === undefined ? '' : `${source.name}:`}STRUCT}`,
      )
    }
  }
  return result
}

/** Java's text of a map; of no map `null`. */
const shown = ({ parameters }: Schema): string =>
  parameters ? `{${[...parameters].map(([key, value]) => `${key}=${value}`).join(', ')}}` : 'null'
