import { Decimal } from '#server/sdk/decimal.ts'
import type { JsonNode } from '#server/sdk/json-node.ts'
import type { JsonReader } from '#server/sdk/json-reader.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { scaleOf } from '#server/sdk/logical-value.ts'
import type { Schema, StructSchema } from '#server/sdk/schema.ts'
import { smallBase64 } from '#server/sdk/small-base64.ts'
import { Struct } from '#server/sdk/struct.ts'
import {
  boolean,
  float64,
  int64,
  integer,
  ofBits,
  type ReadAt,
  text,
  timestamp,
} from '#server/sdk/usual-json-values.ts'
import { validateValue } from '#server/sdk/validate-value.ts'
import type { Value } from '#server/sdk/value.ts'

/** The general reader, which knows every form (`createValueReader`). */
type ReadNode = (schema: Schema | null, node?: JsonNode) => Value

const [tab, space, comma, colon] = [9, 32, 44, 58]
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125]
/** A longer name is refused by the general reader. */
const longestName = 50_000

/**
 * A reader made for one schema: it goes through the text once and makes the value as it goes, where JSON has the form that
 * writers give it (fields in their order, numbers of the right kind). What it makes is what the general reader makes of the same
 * text. Anything else, errors among it, is left to that one: the answer is then undefined. What stands behind the value is
 * told by `reader.at`.
 */
export function usualJsonReader(schema: Schema | null, readNode: ReadNode): ReadAt {
  return schema ? readerFor(schema, readNode) : () => undefined
}

function readerFor(schema: Schema, readNode: ReadNode): ReadAt {
  const present = presentReader(schema, readNode)
  const nothing = valueOfNull(schema, readNode)
  return (reader) => {
    // The letter n: no value begins with it but null.
    if (reader.text.charCodeAt(reader.at) !== 110) return present(reader)
    return reader.value() === null ? nothing : undefined
  }
}

/** What a null stands for; undefined where it is an error. */
function valueOfNull(schema: Schema, readNode: ReadNode): Value | undefined {
  try {
    const value = readNode(schema, null)
    validateValue(schema, value)
    return value
  } catch {
    return undefined
  }
}

function presentReader(schema: Schema, readNode: ReadNode): ReadAt {
  const general: ReadAt = (reader) => {
    const code = reader.text.charCodeAt(reader.at)
    // Only what stands for itself: what is inside a list or an object would be made twice.
    if (code === openBrace || code === openBracket) return undefined
    // A null that is made of something else is looked at by the general reader.
    return readNode(schema, reader.value()) ?? undefined
  }
  const logical = logicalOf(schema)
  if (logical === 'decimal') return decimalReader(schema, general)
  if (logical) return logical === 'timestamp' ? timestamp : general
  switch (schema.type) {
    case 'STRING':
      return text
    case 'INT8':
      return (reader) => ofBits(24, integer(reader))
    case 'INT16':
      return (reader) => ofBits(16, integer(reader))
    case 'INT32':
      return (reader) => ofBits(0, integer(reader))
    case 'INT64':
      return int64
    case 'FLOAT64':
      return float64
    case 'BOOLEAN':
      return boolean
    case 'STRUCT':
      return structReader(schema, readNode)
    case 'ARRAY':
      return schema.items ? listReader(readerFor(schema.items, readNode)) : () => undefined
    case 'MAP':
      if (schema.keys?.type !== 'STRING' || !schema.values) return () => undefined
      return mapReader(readerFor(schema.values, readNode))
    default:
      return general
  }
}

function decimalReader(schema: Schema, general: ReadAt): ReadAt {
  const scale = scaleOrNone(schema)
  if (scale === undefined) return general
  return (reader) => {
    const unscaled = smallBase64(reader)
    return unscaled === undefined ? general(reader) : new Decimal(BigInt(unscaled), scale)
  }
}

function scaleOrNone(schema: Schema): number | undefined {
  try {
    return scaleOf(schema)
  } catch {
    return undefined
  }
}

function structReader(schema: StructSchema, readNode: ReadNode): ReadAt {
  const fields = schema.fields.map(({ name, schema: of }) => ({
    front: `${JSON.stringify(name)}:`,
    read: readerFor(of, readNode),
    absent: valueOfNull(of, readNode),
  }))
  const { length } = fields
  const ambiguous = schema.index.size !== length
  return (reader) => {
    const { text: all } = reader
    if (ambiguous || all.charCodeAt(reader.at) !== openBrace) return undefined
    const values: Value[] = new Array(length)
    let next = 0
    let closed = behind(reader) === closeBrace
    while (!closed) {
      let field = fields[next]
      // Fields that are not there at all are null.
      for (; field && !all.startsWith(field.front, reader.at); field = fields[++next]) {
        if (field.absent === undefined) return undefined
        values[next] = field.absent
      }
      if (!field) return undefined
      reader.at += field.front.length
      if (all.charCodeAt(reader.at) <= space) reader.skipSpace()
      const value = field.read(reader)
      if (value === undefined) return undefined
      values[next++] = value
      const end = afterItem(reader)
      if (end === closeBrace) closed = true
      else if (end !== comma) return undefined
    }
    reader.at += 1
    for (; next < length; next++) {
      const absent = fields[next]?.absent
      if (absent === undefined) return undefined
      values[next] = absent
    }
    return Struct.holding(schema, values)
  }
}

function listReader(read: ReadAt): ReadAt {
  return (reader) => {
    if (reader.text.charCodeAt(reader.at) !== openBracket) return undefined
    const items: Value[] = []
    if (behind(reader) !== closeBracket) {
      for (let end = comma; end !== closeBracket; ) {
        const item = read(reader)
        if (item === undefined) return undefined
        items.push(item)
        end = afterItem(reader)
        if (end !== comma && end !== closeBracket) return undefined
      }
    }
    reader.at += 1
    return items
  }
}

function mapReader(read: ReadAt): ReadAt {
  return (reader) => {
    if (reader.text.charCodeAt(reader.at) !== openBrace) return undefined
    const map = new Map<Value, Value>()
    if (behind(reader) !== closeBrace) {
      for (let end = comma; end !== closeBrace; ) {
        const name = text(reader)
        if (name === undefined || name.length > longestName || reader.text.charCodeAt(reader.at) !== colon)
          return undefined
        behind(reader)
        const value = read(reader)
        if (value === undefined) return undefined
        map.set(name, value)
        end = afterItem(reader)
        if (end !== comma && end !== closeBrace) return undefined
      }
    }
    reader.at += 1
    return map
  }
}

/** Goes behind one character and the space after it; answers what stands there. */
function behind(reader: JsonReader): number {
  reader.at += 1
  return afterSpace(reader)
}

/** What stands behind an item; behind a comma, and the space after it, the reader stands at the next. */
function afterItem(reader: JsonReader): number {
  const code = afterSpace(reader)
  if (code === comma) behind(reader)
  return code
}

function afterSpace(reader: JsonReader): number {
  const code = reader.text.charCodeAt(reader.at)
  if (!(code >= tab && code <= space)) return code
  reader.skipSpace()
  return reader.text.charCodeAt(reader.at)
}
