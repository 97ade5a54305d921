import { ConnectError } from '#server/contract/errors.ts'
import { DataError, IllegalArgumentError } from '#server/sdk/data-error.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import type { Schema, StructSchema } from '#server/sdk/schema.ts'
import type { Struct } from '#server/sdk/struct.ts'
import type { ReadField } from '#server/sdk/struct-copy.ts'
import type { Value } from '#server/sdk/value.ts'

export const fieldSyntaxVersions = ['V1', 'V2'] as const

/** The way to a value inside a struct or map (KIP-821): one name under V1, names divided by dots under V2. */
export interface FieldPath {
  readonly text: string
  readonly steps: readonly string[]
}

/**
 * Under V2 a name that holds dots stands between backticks, and a backtick before a dot or the end, behind a backslash,
 * belongs to the name. Throws CONFIG_INVALID for backticks that are not closed.
 */
export const parseFieldPath = (text: string, version: string): FieldPath => ({
  text,
  steps: version.toUpperCase() === 'V2' ? stepsOf(text) : [text],
})

/** As in Kafka, a path without a step fails the records that it is to be followed in. */
function stepsAlong({ text, steps }: FieldPath): readonly string[] {
  if (steps.length === 0) throw new IllegalArgumentError(`The field path [${text}] has no step`)
  return steps
}

function stepsOf(text: string): string[] {
  const steps: string[] = []
  if (text === '') return steps
  let at = 0
  while (at <= text.length) {
    const step = text[at] === '`' ? quotedStep(text, at) : plainStep(text, at)
    steps.push(step.name)
    at = step.end + 1
  }
  return steps
}

/** `end` is where the dot behind the step stands, or the end of the text. */
interface Step {
  name: string
  end: number
}

function plainStep(text: string, start: number): Step {
  const dot = text.indexOf('.', start)
  const end = dot < 0 ? text.length : dot
  return { name: text.slice(start, end), end }
}

function quotedStep(text: string, start: number): Step {
  let name = ''
  let from = start + 1
  for (let tick = text.indexOf('`', from); tick >= 0; tick = text.indexOf('`', tick + 1)) {
    const end = tick + 1
    // Elsewhere a backtick is a character like any other.
    if (end < text.length && text[end] !== '.') continue
    if (text[tick - 1] !== '\\') return { name: name + text.slice(from, tick), end }
    name += `${text.slice(from, tick - 1)}\``
    from = end
  }
  throw new ConnectError(
    'CONFIG_INVALID',
    `Incomplete backtick pair in path: [${text}], consider adding a backslash before backtick at position ${start} to escape it`,
  )
}

/** The schema at the end of the path; undefined when there is no such field. */
export function schemaAt(from: Schema, path: FieldPath): Schema | undefined {
  let at: Schema | undefined = from
  for (const step of stepsAlong(path)) {
    if (at === undefined) return undefined
    if (at.type !== 'STRUCT') throw new DataError('Cannot look up fields on non-struct type')
    at = fieldOf(at, step)
  }
  return at
}

const fieldOf = (of: StructSchema, name: string) => of.fields[of.index.get(name) ?? -1]?.schema

/** The value at the end of the path; null where something on the way is. */
export function valueInStruct(struct: Struct, path: FieldPath, read: ReadField): Value {
  let value: Value = struct
  for (const step of stepsAlong(path)) {
    if (value === null) return null
    const holder: Struct = requireStruct(value, 'nested field access')
    const at = holder.schema.index.get(step)
    if (at === undefined) return null
    value = read(holder, at)
  }
  return value
}

/** The value at the end of the path; null where something on the way is or is missing. */
export function valueInMap(map: ReadonlyMap<Value, Value>, path: FieldPath): Value {
  let value: Value = map
  for (const step of stepsAlong(path)) {
    if (value === null) return null
    value = requireMap(value, 'nested field access').get(step) ?? null
  }
  return value
}
