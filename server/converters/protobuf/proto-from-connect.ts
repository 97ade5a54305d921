import type { ProtobufConfig } from '#server/converters/protobuf/protobuf-fields.ts'
import { choiceName, importOf, protobufNames, type ScalarType } from '#server/converters/protobuf/protobuf-names.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { type Field, type Schema, type StructSchema, sameSchema } from '#server/sdk/schema.ts'

const scalars: Readonly<Partial<Record<Schema['type'], ScalarType>>> = {
  INT8: 'int32',
  INT16: 'int32',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT32: 'float',
  FLOAT64: 'double',
  BOOLEAN: 'bool',
  STRING: 'string',
  BYTES: 'bytes',
}

const wrappers: Readonly<Partial<Record<ScalarType, string>>> = {
  int32: 'Int32Value',
  int64: 'Int64Value',
  float: 'FloatValue',
  double: 'DoubleValue',
  bool: 'BoolValue',
  string: 'StringValue',
  bytes: 'BytesValue',
}

const logicalMessages = {
  decimal: 'confluent.type.Decimal',
  date: 'google.type.Date',
  time: 'google.type.TimeOfDay',
  timestamp: 'google.protobuf.Timestamp',
} as const

const mapKeys: readonly Schema['type'][] = ['INT8', 'INT16', 'INT32', 'INT64', 'BOOLEAN', 'STRING']

/** A message or enum that others stand in: what is defined there already. */
interface Scope {
  defined: Map<string, Schema>
  lines: string[]
}

/** A name that Protobuf allows (Confluent: `scrub.invalid.names`). */
export function protoName(name: string, config: ProtobufConfig): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name
  if (!config['scrub.invalid.names']) throw new DataError(`Illegal character in: ${name}`)
  const encoded = encodeURIComponent(name).replaceAll('%20', '+') || 'x'
  return (/^[A-Za-z_]/.test(encoded) ? encoded : `x${encoded}`).replace(/[^A-Za-z0-9_]/g, '_')
}

/** The file of messages for a Connect schema as text (Confluent: `ProtobufData.fromConnectSchema`). */
export function protoText(of: Schema, config: ProtobufConfig): string {
  if (of.type !== 'STRUCT' || choiceName(of) !== undefined) {
    throw new DataError(`Unsupported root schema of type ${of.type}`)
  }
  const imports = new Set<string>()
  let unnamed = 0
  const { name, space } = nameOf(of)
  const body = message(of, name, '')
  return [
    'syntax = "proto3";',
    ...(space === '' ? [] : [`package ${space};`]),
    '',
    ...[...imports].sort().map((file) => `import "${file}";`),
    ...(imports.size > 0 ? [''] : []),
    ...body,
    '',
  ].join('\n')

  function nameOf(schema: Schema): { name: string; space: string } {
    if (schema.name === undefined) {
      unnamed += 1
      return { name: `${protobufNames.defaultMessage}${unnamed}`, space: '' }
    }
    const parts = schema.name.split('.').map((part) => protoName(part, config))
    const simple = parts.pop() ?? ''
    return { name: simple, space: config['enhanced.protobuf.schema.support'] ? parts.join('.') : '' }
  }

  function message(schema: StructSchema, as: string, indent: string): string[] {
    const scope: Scope = { defined: new Map(), lines: [] }
    const inner = `${indent}  `
    const nextTag = tagsFor(schema)
    const fields: string[] = []
    const choices: string[] = []
    for (const field of schema.fields) {
      const choice = choiceName(field.schema)
      if (choice === undefined || field.schema.type !== 'STRUCT') {
        fields.push(`${inner}${fieldText(field, nextTag(field.schema), scope, inner, true)}`)
        continue
      }
      choices.push(`${inner}oneof ${protoName(choice, config)} {`)
      for (const member of field.schema.fields) {
        choices.push(`${inner}  ${fieldText(member, nextTag(member.schema), scope, inner, false)}`)
      }
      choices.push(`${inner}}`)
    }
    const nested = scope.lines.length > 0 ? ['', ...scope.lines] : []
    return [`${indent}message ${as} {`, ...fields, ...choices, ...nested, `${indent}}`]
  }

  function fieldText(field: Field, tag: number, scope: Scope, indent: string, mayLabel: boolean): string {
    const { schema } = field
    const fieldName = protoName(field.name, config)
    if (schema.type === 'ARRAY') {
      const items = element(schema.items)
      return `repeated ${typeText(items, fieldName, scope, indent)} ${fieldName} = ${tag}${options(items)};`
    }
    if (schema.type === 'MAP') {
      const keys = element(schema.keys)
      const values = element(schema.values)
      if (!mapKeys.includes(keys.type)) throw new DataError(`A map with keys of ${keys.type} cannot be Protobuf`)
      const value = typeText(values, fieldName, scope, indent)
      return `map<${scalars[keys.type]}, ${value}> ${fieldName} = ${tag}${options(values, keys)};`
    }
    const scalar = scalarOf(schema)
    const nullable = schema.optional && mayLabel
    const wrapper = nullable && config['wrapper.for.nullables'] && scalar ? wrappers[scalar] : undefined
    if (wrapper) {
      imports.add(importOf(wrapper))
      return `google.protobuf.${wrapper} ${fieldName} = ${tag}${options(schema)};`
    }
    const label = nullable && config['optional.for.nullables'] ? 'optional ' : ''
    return `${label}${typeText(schema, fieldName, scope, indent)} ${fieldName} = ${tag}${options(schema)};`
  }

  function typeText(schema: Schema, fieldName: string, scope: Scope, indent: string): string {
    const logical = logicalOf(schema)
    if (logical) {
      imports.add(importOf(logicalMessages[logical]))
      return logicalMessages[logical]
    }
    const symbols = enumSymbols(schema)
    if (symbols) return define(schema, enumName(schema, fieldName), scope, (as) => enumText(as, symbols, indent))
    const scalar = scalarOf(schema)
    if (scalar) return scalar
    if (schema.type !== 'STRUCT') throw new DataError('Lists and maps of lists and maps cannot be Protobuf')
    if (choiceName(schema) !== undefined) throw new DataError('A list or map of choices cannot be Protobuf')
    return define(schema, nameOf(schema).name, scope, (as) => message(schema, as, indent))
  }

  /** Inside the message that uses it, once. */
  function define(schema: Schema, as: string, scope: Scope, lines: (as: string) => string[]): string {
    const plain = withoutUse(schema)
    const before = scope.defined.get(as)
    if (before && !sameSchema(before, plain)) throw new DataError(`Can't redefine: ${as}`)
    if (!before) {
      scope.defined.set(as, plain)
      scope.lines.push(...lines(as))
    }
    return as
  }

  function enumName(schema: Schema, fieldName: string): string {
    const given =
      schema.parameters?.get(protobufNames.generalEnum) || schema.parameters?.get(protobufNames.enum) || fieldName
    return protoName(given.slice(given.lastIndexOf('.') + 1), config)
  }

  function enumText(as: string, symbols: ReadonlyMap<string, number>, indent: string): string[] {
    const ordered = [...symbols].sort(([, a], [, b]) => Number(b === 0) - Number(a === 0))
    return [
      `${indent}enum ${as} {`,
      ...ordered.map(([symbol, number]) => `${indent}  ${protoName(symbol, config)} = ${number};`),
      `${indent}}`,
    ]
  }

  /** What Protobuf has no word for. */
  function options(schema: Schema, keys?: Schema): string {
    const params: [string, string][] = []
    const narrow = [schema, keys].find((of) => of?.type === 'INT8' || of?.type === 'INT16')
    if (narrow && !keys) params.push(['connect.type', narrow.type.toLowerCase()])
    if (logicalOf(schema) === 'decimal') {
      for (const [own, key] of [
        ['precision', 'connect.decimal.precision'],
        ['scale', 'scale'],
      ] as const) {
        const value = schema.parameters?.get(key)
        if (value !== undefined && /^-?\d+$/.test(value)) params.push([own, value])
      }
    }
    if (params.length === 0) return ''
    imports.add('confluent/meta.proto')
    const list = params.map(([key, value]) => `{key: "${key}", value: "${value}"}`).join(', ')
    return ` [(confluent.field_meta) = {params: [${list}]}]`
  }
}

/** The numbers that symbols stand for; undefined for what is no enum. */
export function enumSymbols(schema: Schema): ReadonlyMap<string, number> | undefined {
  const prefix = [protobufNames.generalEnum, protobufNames.enum].find((name) => schema.parameters?.has(name))
  if (prefix === undefined) return undefined
  const symbols = new Map<string, number>()
  for (const [key, value] of schema.parameters ?? []) {
    if (key.startsWith(`${prefix}.`) && /^-?\d{1,10}$/.test(value))
      symbols.set(key.slice(prefix.length + 1), Number(value))
  }
  return symbols.size > 0 ? symbols : undefined
}

const scalarOf = (schema: Schema): ScalarType | undefined =>
  logicalOf(schema) || enumSymbols(schema) ? undefined : scalars[schema.type]

/** The number that a field had where it came from, else the next that is free. */
function tagsFor(schema: StructSchema): (of: Schema) => number {
  const members = schema.fields.flatMap(({ schema: field }) =>
    choiceName(field) !== undefined && field.type === 'STRUCT' ? field.fields.map((member) => member.schema) : [field],
  )
  const given = (of: Schema) => {
    const tag = Number(of.parameters?.get(protobufNames.tag))
    return Number.isInteger(tag) && tag > 0 && tag < 2 ** 29 ? tag : undefined
  }
  const taken = new Set(members.map(given))
  const used = new Set<number>()
  let next = 1
  return (of) => {
    let tag = given(of)
    if (tag === undefined || used.has(tag)) {
      while (taken.has(next) || used.has(next) || (next >= 19_000 && next < 20_000)) next += 1
      tag = next
    }
    used.add(tag)
    return tag
  }
}

function element(schema: Schema | null): Schema {
  if (schema) return schema
  throw new DataError('Protobuf needs the schema of elements, keys and values')
}

/** A definition is one whether its values may be missing here or not, and whatever number it has. */
function withoutUse(schema: Schema): Schema {
  const { default: _default, parameters, ...rest } = schema
  const kept = new Map([...(parameters ?? [])].filter(([key]) => key !== protobufNames.tag))
  return { ...rest, optional: false, ...(kept.size > 0 && { parameters: kept }) } as Schema
}
