import { createRequire } from 'node:module'
import type { Enum, Field, MapField, Namespace, Root, Type } from 'protobufjs'
import { knownMessages, type ScalarType, scalarTypes } from '#server/converters/protobuf/protobuf-names.ts'
import { DataError } from '#server/sdk/data-error.ts'

const require = createRequire(import.meta.url)

export interface ProtoEnum {
  readonly name: string
  readonly numbers: ReadonlyMap<string, number>
}

/** What one value of a field is. */
export type ProtoType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'wrapper'; readonly scalar: ScalarType }
  | { readonly kind: 'logical'; readonly logical: 'timestamp' | 'date' | 'time' | 'decimal' }
  | { readonly kind: 'enum'; readonly of: ProtoEnum }
  | { readonly kind: 'message'; readonly of: ProtoMessage }

export interface ProtoField {
  readonly name: string
  readonly number: number
  readonly type: ProtoType
  readonly repeated: boolean
  /** Present for a map. */
  readonly keys?: ScalarType
  /** Whether a missing value is told from a zero. */
  readonly presence: boolean
  readonly required: boolean
  readonly optionalKeyword: boolean
  /** The choice that the field is part of. */
  readonly oneof?: string
  /** Connect's own facts, which stand in `confluent.field_meta`. */
  readonly params: ReadonlyMap<string, string>
}

export interface ProtoMessage {
  /** With its package and the messages around it. */
  readonly name: string
  readonly simpleName: string
  readonly fields: readonly ProtoField[]
  /** Names of choices, in order; `optional` fields make none. */
  readonly oneofs: readonly string[]
  readonly nested: readonly ProtoMessage[]
}

/** The messages of one file in their order, which is what the indexes before a value count. */
export type ProtoFile = readonly ProtoMessage[]

const library = () => require('protobufjs') as typeof import('protobufjs')

/** Reads a file of messages; `references` are the files that it imports, by name. Throws `DataError`. */
export function parseProto(text: string, references: ReadonlyMap<string, string>): ProtoFile {
  const protobuf = library()
  const all = new protobuf.Root()
  const own = new protobuf.Root()
  const made = new Map<Type, ProtoMessage>()
  try {
    for (const referred of references.values()) protobuf.parse(referred, all, { keepCase: true })
    protobuf.parse(text, all, { keepCase: true })
    const { package: packageName } = protobuf.parse(text, own, { keepCase: true })
    const top = packageName ? (own.lookup(packageName) as Namespace) : own
    return messagesIn(top).map((type) => messageOf(all.lookupType(fullName(type))))
  } catch (cause) {
    if (cause instanceof DataError) throw cause
    throw new DataError('The schema is no Protobuf', { cause })
  }

  function messagesIn(space: Namespace): Type[] {
    return space.nestedArray.filter((nested): nested is Type => nested instanceof protobuf.Type)
  }

  function messageOf(type: Type): ProtoMessage {
    const known = made.get(type)
    if (known) return known
    const fields: ProtoField[] = []
    const nested: ProtoMessage[] = []
    const message: ProtoMessage = {
      name: fullName(type),
      simpleName: type.name,
      fields,
      nested,
      oneofs: type.oneofsArray.filter((oneof) => !oneof.isProto3Optional).map(({ name }) => name),
    }
    // Before its fields: a message may contain itself.
    made.set(type, message)
    for (const inner of messagesIn(type)) nested.push(messageOf(inner))
    for (const field of type.fieldsArray) if (!isGroup(field)) fields.push(fieldOf(type, field))
    fields.sort((a, b) => a.number - b.number)
    return message
  }

  function fieldOf(parent: Type, field: Field): ProtoField {
    const proto3Optional = field.partOf?.isProto3Optional === true
    const oneof = field.partOf && !proto3Optional ? field.partOf.name : undefined
    const type = typeOf(parent, field.type)
    const isProto3 = editionOf(parent) === 'proto3'
    const single = !field.repeated && !field.map
    return {
      name: field.name,
      number: field.id,
      type,
      repeated: field.repeated,
      ...(field.map && { keys: (field as Field & Pick<MapField, 'keyType'>).keyType as ScalarType }),
      presence: single && (field.partOf !== null || !isProto3 || !(type.kind === 'scalar' || type.kind === 'enum')),
      required: field.required,
      optionalKeyword: proto3Optional || (!isProto3 && single && !field.required && oneof === undefined),
      ...(oneof !== undefined && { oneof }),
      params: paramsOf(field),
    }
  }

  function typeOf(parent: Type, name: string): ProtoType {
    const scalar = scalarTypes.find((known) => known === name)
    if (scalar) return { kind: 'scalar', scalar }
    const known = knownMessages[name.replace(/^\./, '')]
    if (known === 'timestamp' || known === 'date' || known === 'time' || known === 'decimal') {
      return { kind: 'logical', logical: known }
    }
    if (known) return { kind: 'wrapper', scalar: known }
    const found = parent.lookup(name)
    if (found instanceof protobuf.Type) return { kind: 'message', of: messageOf(found) }
    if (found instanceof protobuf.Enum) return { kind: 'enum', of: enumOf(found) }
    throw new DataError(`${fullName(parent)} needs ${name}, which is not there`)
  }

  function enumOf(found: Enum): ProtoEnum {
    return { name: fullName(found), numbers: new Map(Object.entries(found.values)) }
  }

  /** By the file that a message stands in: the library marks the outermost message. */
  function editionOf(type: Type): string {
    for (let at: Namespace | Root | null = type; at; at = at.parent) {
      const edition = (at as unknown as { _edition: unknown })._edition
      if (typeof edition === 'string' && at instanceof protobuf.Type) return edition
    }
    return 'proto2'
  }
}

const isGroup = (field: Field) => (field as { delimited?: boolean }).delimited === true
const fullName = (of: { fullName: string }) => of.fullName.replace(/^\./, '')

function paramsOf(field: Field): ReadonlyMap<string, string> {
  const params = new Map<string, string>()
  for (const option of (field.parsedOptions as Record<string, unknown>[] | null) ?? []) {
    const meta = option['(confluent.field_meta)'] as { params?: unknown } | undefined
    for (const param of [meta?.params ?? []].flat() as { key?: unknown; value?: unknown }[]) {
      if (typeof param.key === 'string' && typeof param.value === 'string') params.set(param.key, param.value)
    }
  }
  return params
}
