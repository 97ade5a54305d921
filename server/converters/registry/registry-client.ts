import type {
  RegisteredSchema,
  SchemaReference,
  SubjectVersion,
} from '#server/converters/registry/registered-schema.ts'
import { readId, readLocation, readSubjectVersion, schemaAnswer } from '#server/converters/registry/registry-answer.ts'
import type { AskRegistry } from '#server/converters/registry/registry-http.ts'

/** The part of the registry's REST API that converters need. Rejects as `AskRegistry` does. */
export interface RegistryClient {
  /** The id of the schema under the subject, registered now if it is not yet. */
  register(subject: string, schema: RegisteredSchema, signal: AbortSignal): Promise<number>
  /** The id and version of a schema that is registered; a deleted version counts when asked for. */
  lookUp(
    subject: string,
    schema: RegisteredSchema,
    signal: AbortSignal,
    deletedToo?: boolean,
  ): Promise<{ id: number; version: number }>
  byId(id: number, signal: AbortSignal): Promise<RegisteredSchema>
  version(subject: string, version: number | 'latest', signal: AbortSignal): Promise<SubjectVersion>
  /** The latest version of the subject that has all of these properties in its metadata. */
  latestWith(subject: string, metadata: ReadonlyMap<string, string>, signal: AbortSignal): Promise<SubjectVersion>
  /** The texts of all schemas that this one refers to, directly or not, by name. */
  resolve(schema: RegisteredSchema, signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}

export function createRegistryClient(ask: AskRegistry, options: { normalize: boolean }): RegistryClient {
  const normalize = options.normalize ? '?normalize=true' : ''

  const version = async (subject: string, of: number | 'latest', signal: AbortSignal) =>
    readSubjectVersion(await ask('GET', `${pathOf(subject)}/versions/${of}`, signal))

  return {
    async register(subject, schema, signal) {
      return readId(await ask('POST', `${pathOf(subject)}/versions${normalize}`, signal, bodyOf(schema)))
    },
    async lookUp(subject, schema, signal, deletedToo = false) {
      const query = deletedToo ? `${normalize}${normalize ? '&' : '?'}deleted=true` : normalize
      return readLocation(await ask('POST', `${pathOf(subject)}${query}`, signal, bodyOf(schema)))
    },
    async latestWith(subject, metadata, signal) {
      const query = new URLSearchParams(
        [...metadata].flatMap(([key, value]) => [
          ['key', key],
          ['value', value],
        ]),
      )
      return readSubjectVersion(await ask('GET', `${pathOf(subject)}/metadata?${query}&deleted=false`, signal))
    },
    byId: async (id, signal) => schemaAnswer(await ask('GET', `/schemas/ids/${id}`, signal)),
    version,
    async resolve(schema, signal) {
      const texts = new Map<string, string>()
      async function add(of: readonly SchemaReference[]) {
        for (const { name, subject, version: number } of of) {
          if (texts.has(name)) continue
          // Before its own references, so that a circle ends.
          texts.set(name, '')
          const referred = await version(subject, number, signal)
          await add(referred.references)
          texts.delete(name)
          texts.set(name, referred.text)
        }
      }
      await add(schema.references)
      return texts
    },
  }
}

const pathOf = (subject: string) => `/subjects/${encodeURIComponent(subject)}`

/** Avro is what the registry takes a schema for, and older ones know no other kind. */
const bodyOf = ({ kind, text, references: list }: RegisteredSchema) => ({
  schema: text,
  ...(kind !== 'AVRO' && { schemaType: kind }),
  ...(list.length > 0 && { references: list }),
})
