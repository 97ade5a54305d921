import type { ProtoEnum, ProtoField, ProtoMessage, ProtoType } from '#server/converters/protobuf/proto-schema.ts'
import type { ProtobufConfig } from '#server/converters/protobuf/protobuf-fields.ts'
import { protobufNames, type ScalarType } from '#server/converters/protobuf/protobuf-names.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { logicalNames } from '#server/sdk/logical.ts'
import { type Field, type PrimitiveType, type Schema, type StructSchema, schema } from '#server/sdk/schema.ts'

const connectTypes: Readonly<Record<ScalarType, PrimitiveType>> = {
  double: 'FLOAT64',
  float: 'FLOAT32',
  int32: 'INT32',
  sint32: 'INT32',
  sfixed32: 'INT32',
  // Unsigned numbers need one bit more than the type of their size has.
  uint32: 'INT64',
  fixed32: 'INT64',
  int64: 'INT64',
  uint64: 'INT64',
  sint64: 'INT64',
  fixed64: 'INT64',
  sfixed64: 'INT64',
  bool: 'BOOLEAN',
  string: 'STRING',
  bytes: 'BYTES',
}

/** The field of Connect that stands for a choice. */
export const choiceField = (message: ProtoMessage, oneof: string): string => `${oneof}_${message.oneofs.indexOf(oneof)}`

/**
 * The Connect schema of a message (Confluent: `ProtobufData.toConnectSchema`). `version` is what its subject counts the
 * file as. Choices stand behind all other fields.
 */
export function connectMessage(of: ProtoMessage, config: ProtobufConfig, version?: number): StructSchema {
  const open = new Set<ProtoMessage>()
  return struct(of, { optional: false, ...(version !== undefined && { version }) })

  function struct(message: ProtoMessage, input: { optional: boolean; version?: number; tag?: number }): StructSchema {
    if (open.has(message)) throw new DataError(`${message.name} contains itself, which no Connect schema can`)
    open.add(message)
    const plain = message.fields.filter(({ oneof }) => oneof === undefined)
    const fields: Field[] = [
      ...plain.map((field) => ({ name: field.name, schema: fieldSchema(field) })),
      ...message.oneofs.map((oneof) => ({ name: choiceField(message, oneof), schema: choice(message, oneof) })),
    ]
    open.delete(message)
    const { tag, ...rest } = input
    return schema.struct(fields, {
      ...rest,
      name: config['enhanced.protobuf.schema.support'] ? message.name : message.simpleName,
      ...(tag !== undefined && { parameters: { [protobufNames.tag]: `${tag}` } }),
    })
  }

  function choice(message: ProtoMessage, oneof: string): Schema {
    const members = message.fields.filter((field) => field.oneof === oneof)
    const fields = members.map((field) => ({ name: field.name, schema: fieldSchema(field) }))
    const general = config['generalized.sum.type.support']
    return schema.struct(fields, {
      name: general ? oneof : `${protobufNames.union}.${oneof}`,
      optional: true,
      ...(general && { parameters: { [protobufNames.generalUnion]: oneof } }),
    })
  }

  function fieldSchema(field: ProtoField): Schema {
    const parameters = { [protobufNames.tag]: `${field.number}` }
    const optional = isOptional(field, config)
    if (field.keys !== undefined) {
      const keys = schema.primitive(connectTypes[field.keys])
      return schema.map(keys, valueSchema(field, {}, false), { optional, parameters })
    }
    if (field.repeated) return schema.array(valueSchema(field, {}, false), { optional, parameters })
    return valueSchema(field, parameters, optional)
  }

  function valueSchema(field: ProtoField, parameters: Record<string, string>, optional: boolean): Schema {
    const { type } = field
    const given = Object.keys(parameters).length > 0 ? { parameters } : {}
    switch (type.kind) {
      case 'scalar':
      case 'wrapper':
        return schema.primitive(narrowType(type, field), { optional, ...given })
      case 'enum':
        return enumSchema(type.of, parameters, optional)
      case 'logical':
        return logicalSchema(type.logical, field, parameters, optional)
      case 'message':
        return struct(type.of, { optional, ...(given.parameters && { tag: field.number }) })
    }
  }

  function enumSchema(of: ProtoEnum, parameters: Record<string, string>, optional: boolean): Schema {
    if (config['int.for.enums']) return schema.int32({ optional, parameters })
    const prefix = config['generalized.sum.type.support'] ? protobufNames.generalEnum : protobufNames.enum
    const name = config['enhanced.protobuf.schema.support'] ? of.name : of.name.slice(of.name.lastIndexOf('.') + 1)
    const symbols = [...of.numbers].map(([symbol, number]) => [`${prefix}.${symbol}`, `${number}`])
    return schema.string({ optional, parameters: { ...parameters, [prefix]: name, ...Object.fromEntries(symbols) } })
  }
}

/** Without labels nobody knows, so everything may be missing; with labels or wrappers only what says so. */
function isOptional(field: ProtoField, config: ProtobufConfig): boolean {
  if (field.oneof !== undefined) return true
  if (field.required) return false
  if (config['optional.for.nullables']) return field.optionalKeyword
  if (config['wrapper.for.nullables']) return field.type.kind !== 'scalar' || field.repeated || field.keys !== undefined
  return true
}

function narrowType(type: ProtoType & { scalar: ScalarType }, field: ProtoField): PrimitiveType {
  const given = field.params.get('connect.type')
  if (type.scalar === 'int32' && given === 'int8') return 'INT8'
  if (type.scalar === 'int32' && given === 'int16') return 'INT16'
  return connectTypes[type.scalar]
}

function logicalSchema(
  logical: keyof typeof logicalNames,
  field: ProtoField,
  parameters: Record<string, string>,
  optional: boolean,
): Schema {
  const type = logical === 'decimal' ? 'BYTES' : logical === 'timestamp' ? 'INT64' : 'INT32'
  const precision = field.params.get('precision')
  const all = {
    ...parameters,
    ...(logical === 'decimal' && { scale: field.params.get('scale') ?? '0' }),
    ...(logical === 'decimal' && precision !== undefined && { 'connect.decimal.precision': precision }),
  }
  return schema.primitive(type, {
    name: logicalNames[logical],
    version: 1,
    optional,
    ...(Object.keys(all).length > 0 && { parameters: all }),
  })
}
