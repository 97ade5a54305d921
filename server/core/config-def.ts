import type { ConfigField, ConfigKeyInfo, ConfigOf, Fields } from '#server/contract/config-field.ts'
import type { ConfigInfo, ConnectorConfig } from '#server/contract/connector.ts'
import type { Problem } from '#server/contract/errors.ts'
import { type ClassRule, checkValue, invalidValue } from '#server/core/config-def-checks.ts'
import { parseValue, renderValue } from '#server/core/config-def-value.ts'

/** How a table of fields is read: what a class name stands for, and what a checks message calls the key. */
export interface EvaluateOptions {
  /** Resolves an alias to the full class name; undefined when there is no such class. Absent: every name is taken as it stands. */
  resolveClass?: (name: string) => string | undefined
  classRule?: ClassRule
  /** Drops what stands twice in a list that may not repeat, in place of refusing it. */
  dropDuplicates?: boolean
  /** Keys of plugins embedded under a prefix are checked under their own short name (`transforms.a.field` → `field`). */
  checkName?: (key: string) => string
}

/** A key together with what was made of its given value. */
export interface EvaluatedKey {
  name: string
  field: ConfigField
  /** Typed; null when absent, unreadable or null. */
  parsed: unknown
  text: string | null
  errors: string[]
  recommended: readonly string[]
  visible: boolean
}

const anyClass: ClassRule = () => undefined

/** Reads and checks every key of a table, as Kafka's `ConfigDef.validateAll` does: in order, with all errors of each key. */
export function evaluateFields(fields: Fields, config: ConnectorConfig, options: EvaluateOptions = {}): EvaluatedKey[] {
  return Object.entries(fields).map(([name, field]) => {
    const evaluated = evaluateField(name, field, config, options)
    const condition = field.visibleWhen
    const visible = condition === undefined || condition.in.includes(shownValue(fields, condition.field, config) ?? '')
    const fits = field.recommendedWhen?.find((when) => when.in.includes(shownValue(fields, when.field, config) ?? ''))
    return { ...evaluated, visible, recommended: fits?.values ?? field.recommended ?? [] }
  })
}

function evaluateField(name: string, field: ConfigField, config: ConnectorConfig, options: EvaluateOptions) {
  const errors: string[] = []
  let parsed: unknown = null
  let text: string | null = null

  const given = Object.hasOwn(config, name) ? config[name] : undefined
  if (given === undefined) {
    if (field.default === undefined) errors.push(missing(name))
    else {
      parsed = field.default
      text = renderValue(field.type, parsed)
    }
  } else if (given !== null) {
    const outcome = field.type === 'CLASS' ? parseClass(given, options) : parseValue(field.type, given)
    if (outcome.ok) ({ value: parsed, text } = outcome)
    else errors.push(invalidValue(given, name, outcome.message))
  }

  if (options.dropDuplicates && Array.isArray(parsed) && field.checks?.some(({ check }) => check === 'list')) {
    parsed = [...new Set(parsed)]
  }
  // A key whose default is null may stay null; every other check also looks at null, as Kafka's validators do.
  if (parsed !== null || field.default !== null) {
    const checkName = options.checkName?.(name) ?? name
    for (const check of field.checks ?? []) {
      const problem = checkValue(check, checkName, parsed, options.classRule ?? anyClass)
      if (problem !== undefined) errors.push(problem)
    }
  }
  return { name, field, parsed, text, errors }
}

function parseClass(given: string, { resolveClass }: EvaluateOptions): ReturnType<typeof parseValue> {
  const name = given.trim()
  const found = resolveClass ? resolveClass(name) : name
  return found === undefined
    ? { ok: false, message: `Class ${name} could not be found.` }
    : { ok: true, value: found, text: found }
}

const shownValue = (fields: Fields, name: string, config: ConnectorConfig): string | null => {
  const given = config[name]
  if (typeof given === 'string') return given.trim()
  const field = fields[name]
  return field ? renderValue(field.type, field.default) : null
}

/** `ConfigException` of a required key without a value. */
export const missing = (name: string): string => `Missing required configuration "${name}" which has no default value.`

/** A definition as the REST API shows it (`ConfigKeyInfo`). */
export function describeField(name: string, field: ConfigField): ConfigKeyInfo {
  return {
    name,
    type: field.type,
    required: field.default === undefined,
    defaultValue: renderValue(field.type, field.default),
    importance: field.importance,
    documentation: field.doc,
    group: field.group ?? null,
    orderInGroup: field.order ?? -1,
    width: field.width ?? 'NONE',
    displayName: field.displayName ?? name,
    dependents: [...(field.dependents ?? [])],
  }
}

export function describeFields(fields: Fields): ConfigKeyInfo[] {
  return Object.entries(fields).map(([name, field]) => describeField(name, field))
}

/** One entry of a validate answer. */
export function toConfigInfo(key: EvaluatedKey): ConfigInfo {
  return {
    definition: describeField(key.name, key.field),
    value: {
      name: key.name,
      value: key.text,
      recommendedValues: [...key.recommended],
      errors: [...key.errors],
      visible: key.visible,
    },
  }
}

/** The groups of a table in the order of their first key. */
export function groupsOf(fields: Fields): string[] {
  const groups = Object.values(fields).flatMap((field) => (field.group === undefined ? [] : [field.group]))
  return [...new Set(groups)]
}

export type ParsedConfig<F extends Fields> = { ok: true; value: ConfigOf<F> } | { ok: false; problems: Problem[] }

/**
 * Turns a flat string map into the typed config that `fields` describes, or says everything that is wrong with it. What an
 * instance is made of was validated before: a list that repeats itself is no reason to fail it (Kafka: `ConfigDef.parse`).
 */
export function parseConfig<F extends Fields>(
  fields: F,
  config: ConnectorConfig,
  options: EvaluateOptions = {},
): ParsedConfig<F> {
  const keys = evaluateFields(fields, config, { ...options, dropDuplicates: true })
  const problems = keys.flatMap((key) => key.errors.map((message) => ({ field: key.name, message })))
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, value: Object.fromEntries(keys.map((key) => [key.name, key.parsed])) as ConfigOf<F> }
}
