import type { FieldCheck } from '#server/contract/config-field.ts'
import { messageOf } from '#server/contract/errors.ts'
import { compilePattern } from '#server/sdk/pattern.ts'

/** A rule about class names that the checks cannot know by themselves; undefined when the class fits. */
export type ClassRule = (className: string, of: ClassKind) => string | undefined
export type ClassKind = Extract<FieldCheck, { check: 'class' }>['of']

/** The message of the first thing wrong with a typed value, in Kafka's words (`ConfigDef.Validator`); undefined when all is well. */
export function checkValue(check: FieldCheck, name: string, value: unknown, classRule: ClassRule): string | undefined {
  const invalid = (message: string) => invalidValue(value, name, message)
  switch (check.check) {
    case 'range':
      return rangeProblem(check, value, invalid)
    case 'one-of': {
      const fits = typeof value === 'string' && check.values.some((allowed) => equal(allowed, value, check.ignoreCase))
      const how = check.ignoreCase ? ' (case insensitive)' : ''
      return fits ? undefined : invalid(`String must be one of${how}: ${check.values.join(', ')}`)
    }
    case 'non-null':
      return value === null ? invalid('entry must be non null') : undefined
    case 'non-empty':
      return value === '' ? invalid('String must be non-empty') : undefined
    case 'non-empty-without-control-characters':
      return typeof value === 'string' ? nameProblem(value, invalid) : undefined
    case 'regex':
      if (value === null) return invalid(`Invalid regex: ${nullRegex}`)
      return typeof value === 'string' ? regexProblem(value, invalid) : undefined
    case 'list':
      return listProblem(check, name, value)
    case 'non-empty-list':
      return value === null || (Array.isArray(value) && value.length === 0) ? invalid('Empty list') : undefined
    case 'unique-aliases':
      return Array.isArray(value) && new Set(value).size < value.length
        ? invalid('Duplicate alias provided.')
        : undefined
    case 'class':
      return typeof value === 'string' ? classRule(value, check.of) : undefined
  }
}

/** `ConfigException(name, value, message)`. */
export function invalidValue(value: unknown, name: string, message: string): string {
  const shown = Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
  return `Invalid value ${shown} for configuration ${name}: ${message}`
}

type Invalid = (message: string) => string

const equal = (a: string, b: string, ignoreCase = false) => (ignoreCase ? a.toUpperCase() === b.toUpperCase() : a === b)

function rangeProblem({ min, max }: { min?: number; max?: number }, value: unknown, invalid: Invalid) {
  if (value === null) return invalid('Value must be non-null')
  if (typeof value !== 'number') return undefined
  if (min !== undefined && value < min) return invalid(`Value must be at least ${min}`)
  if (max !== undefined && value > max) return invalid(`Value must be no more than ${max}`)
  return undefined
}

function nameProblem(value: string, invalid: Invalid): string | undefined {
  if (value === '') return invalid('String may not be empty')
  // Java's ISO control characters, as `ConfigDef.NonEmptyStringWithoutControlChars` counts them.
  const codes = [...value].map((character) => character.codePointAt(0) ?? 0)
  const controls = codes.filter((code) => code <= 0x1f || (code >= 0x7f && code <= 0x9f))
  return controls.length > 0
    ? invalid(`String may not contain control sequences but had the following ASCII chars: ${controls.join(', ')}`)
    : undefined
}

/** What Java says of a pattern that is not there. */
const nullRegex = 'Cannot invoke "String.isEmpty()" because "this.pattern" is null'

function regexProblem(value: string, invalid: Invalid): string | undefined {
  try {
    compilePattern(value)
    return undefined
  } catch (error) {
    return invalid(`Invalid regex: ${messageOf(error)}`)
  }
}

function listProblem(check: { allowEmpty: boolean; allowNull?: boolean }, name: string, value: unknown) {
  if (value === null) return check.allowNull ? undefined : `Configuration '${name}' values must not be null.`
  if (!Array.isArray(value)) return undefined
  if (value.length === 0 && !check.allowEmpty) {
    return `Configuration '${name}' must not be empty. Valid values include: any non-empty value`
  }
  if (new Set(value).size < value.length) return `Configuration '${name}' values must not be duplicated.`
  if (value.includes('')) return `Configuration '${name}' values must not be empty.`
  return undefined
}
