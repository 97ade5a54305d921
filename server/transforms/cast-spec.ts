import { ConnectError } from '#server/contract/errors.ts'

export const castTypes = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64', 'BOOLEAN', 'STRING'] as const
export type CastType = (typeof castTypes)[number]

/** What a `spec` asks for: one type for the whole value, or types of single fields. */
export interface CastSpec {
  readonly whole: CastType | undefined
  readonly fields: ReadonlyMap<string, CastType>
}

/** What is wrong with a spec, in Kafka's words; undefined when it can be read. */
export function castSpecProblem(spec: readonly string[] | null): string | undefined {
  try {
    parseCastSpec(spec)
    return undefined
  } catch (error) {
    if (error instanceof ConnectError) return error.message
    throw error
  }
}

/** Reads `field:type` entries, or a single `type`. Throws CONFIG_INVALID. */
export function parseCastSpec(spec: readonly string[] | null): CastSpec {
  if (spec === null || spec.length === 0) throw invalid('Must specify at least one field to cast.')
  const fields = new Map<string, CastType>()
  let whole: CastType | undefined
  for (const entry of spec) {
    // A colon with nothing behind it is as good as none.
    const [name = '', type, ...more] = entry.replace(/:+$/, '').split(':')
    if (more.length > 0) {
      throw invalid(`Invalid value [${spec.join(', ')}] for configuration renames: Invalid rename mapping: ${entry}`)
    }
    if (type === undefined) whole = castType(name.trim())
    else fields.set(name.trim(), castType(type.trim()))
  }
  if (whole && spec.length > 1) {
    throw invalid(
      'Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec',
    )
  }
  return { whole, fields }
}

const otherTypes = ['BYTES', 'ARRAY', 'MAP', 'STRUCT']

function castType(text: string): CastType {
  const name = text.toUpperCase()
  const found = castTypes.find((type) => type === name)
  if (found) return found
  if (otherTypes.includes(name)) {
    throw invalid(
      `Cast transformation does not support casting to ${name}; supported types are [${castTypes.join(', ')}]`,
    )
  }
  throw invalid(
    `Invalid value java.lang.IllegalArgumentException: No enum constant org.apache.kafka.connect.data.Schema.Type.${name} for configuration Invalid type found in casting spec: ${text}`,
  )
}

const invalid = (message: string) => new ConnectError('CONFIG_INVALID', message)
