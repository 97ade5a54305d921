import type {
  RegisteredSchema,
  SchemaKind,
  SchemaReference,
  SubjectVersion,
} from '#server/converters/registry/registered-schema.ts'
import { RegistryRefusal } from '#server/converters/registry/registry-http.ts'

type Members = Readonly<Record<string, unknown>>

const kinds: readonly SchemaKind[] = ['AVRO', 'PROTOBUF', 'JSON']

/** The answers of the registry in types. Each throws `RegistryRefusal` for an answer of another form. */
export const readId = (answer: unknown): number => numberOf(membersOf(answer), 'id')

export function readLocation(answer: unknown): { id: number; version: number } {
  const members = membersOf(answer)
  return { id: numberOf(members, 'id'), version: numberOf(members, 'version') }
}

export function schemaAnswer(answer: unknown): RegisteredSchema {
  const members = membersOf(answer)
  // What has no kind is Avro: older registries know no other.
  const kind = kinds.find((known) => known === (members.schemaType ?? 'AVRO'))
  if (!kind) throw strange(`schemaType ${members.schemaType}`)
  const list = members.references ?? []
  if (!Array.isArray(list)) throw strange('references that are no list')
  return { kind, text: textOf(members, 'schema'), references: list.map(referenceOf) }
}

export const readSubjectVersion = (answer: unknown): SubjectVersion => ({
  ...schemaAnswer(answer),
  ...readLocation(answer),
})

function referenceOf(item: unknown): SchemaReference {
  const members = membersOf(item)
  return { name: textOf(members, 'name'), subject: textOf(members, 'subject'), version: numberOf(members, 'version') }
}

function membersOf(answer: unknown): Members {
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer as Members
  throw strange('something that is no object')
}

function numberOf(members: Members, key: string): number {
  const value = members[key]
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw strange(`no ${key}`)
}

function textOf(members: Members, key: string): string {
  const value = members[key]
  if (typeof value === 'string') return value
  throw strange(`no ${key}`)
}

const strange = (what: string) => new RegistryRefusal(`The schema registry answers ${what}`, 200, 50002)
