import { createAskedOnce } from '#server/converters/registry/asked-once.ts'
import { invalidSetting } from '#server/converters/registry/read-settings.ts'
import type { RegisteredSchema } from '#server/converters/registry/registered-schema.ts'
import type { RegistryClient } from '#server/converters/registry/registry-client.ts'
import type { RegistryFormat } from '#server/converters/registry/registry-format.ts'
import { RegistryRefusal } from '#server/converters/registry/registry-http.ts'
import type { RegistryConfig } from '#server/converters/registry/registry-settings.ts'
import type { SubjectName } from '#server/converters/registry/subject-name.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'

/** A schema that was asked for, with the id that stands before the values. */
export interface KnownSchema<Parsed> {
  id: number
  parsed: Parsed
}

/** The schemas that a converter reads and writes with. Both throw `ConversionPending` until the registry has answered. */
export interface RegistrySchemas<Parsed> {
  /** Which schema values are written with, for one that a record brings. */
  forWriting(topic: string, text: string, parsed: Parsed): KnownSchema<Parsed>
  /** `version` is what the subject of the topic counts the schema as, where it knows it. */
  forReading(topic: string, id: number): { parsed: Parsed; version: number | undefined }
}

export function createRegistrySchemas<Parsed>(
  client: RegistryClient,
  format: RegistryFormat<Parsed>,
  config: RegistryConfig,
  subjectName: SubjectName,
): RegistrySchemas<Parsed> {
  const size = config['schemas.cache.config']
  const metadata = metadataOf(config)
  const wantsLatest = metadata.size > 0 || config['use.latest.version']
  const usesLatest = !config['auto.register.schemas'] && wantsLatest && config['use.schema.id'] < 0
  const ttl = config['latest.cache.ttl.sec']
  const written = createAskedOnce<string, KnownSchema<Parsed>>({
    size,
    ...(usesLatest && ttl >= 0 && { ttlMs: ttl * 1000 }),
  })
  const read = createAskedOnce<string, { parsed: Parsed; version: number | undefined }>({ size })

  const subjectFor = (topic: string, parsed: Parsed) => subjectName(topic, format.recordName(parsed))

  async function parse(schema: RegisteredSchema, signal: AbortSignal): Promise<Parsed> {
    if (schema.kind !== format.kind) {
      throw new DataError(`The schema is of type ${schema.kind}, and ${format.kind} is expected`)
    }
    return format.parse(schema.text, await client.resolve(schema, signal))
  }

  async function chosen(subject: string, text: string, own: Parsed, signal: AbortSignal): Promise<KnownSchema<Parsed>> {
    const schema = { kind: format.kind, text, references: [] }
    if (config['auto.register.schemas']) return { id: await client.register(subject, schema, signal), parsed: own }
    const fixed = config['use.schema.id']
    if (fixed >= 0) {
      const parsed = await parse(await client.byId(fixed, signal), signal)
      if (config['id.compatibility.strict']) check(parsed, own, 'id.compatibility.strict')
      return { id: fixed, parsed }
    }
    if (!usesLatest) return { id: (await client.lookUp(subject, schema, signal)).id, parsed: own }
    if (metadata.size > 0) {
      const wanted = await client.latestWith(subject, metadata, signal)
      return { id: wanted.id, parsed: await parse(wanted, signal) }
    }
    const latest = await client.version(subject, 'latest', signal)
    const parsed = await parse(latest, signal)
    if (config['latest.compatibility.strict']) check(parsed, own, 'latest.compatibility.strict')
    return { id: latest.id, parsed }
  }

  function check(latest: Parsed, own: Parsed, setting: string) {
    try {
      format.checkCompatible?.(latest, own)
    } catch (cause) {
      throw new DataError(`Incompatible schema. Set ${setting}=false to disable this check`, { cause })
    }
  }

  /** What the subject counts a schema as; a schema of another subject has no number there. */
  async function versionOf(subject: string, schema: RegisteredSchema, signal: AbortSignal) {
    try {
      return (await client.lookUp(subject, schema, signal, true)).version
    } catch (error) {
      if (error instanceof RegistryRefusal && error.status === 404) return undefined
      throw error
    }
  }

  return {
    forWriting(topic, text, parsed) {
      const subject = subjectFor(topic, parsed)
      return written.get(`${subject}\n${text}`, `the schema of subject ${subject}`, (signal) =>
        asRecordFault('Error registering or looking up the schema', () => chosen(subject, text, parsed, signal)),
      )
    },
    forReading(topic, id) {
      return read.get(`${topic}\n${id}`, `schema ${id}`, (signal) =>
        asRecordFault(`Error retrieving ${format.kind} schema for id ${id}`, async () => {
          const schema = await client.byId(id, signal)
          const parsed = await parse(schema, signal)
          return { parsed, version: await versionOf(subjectFor(topic, parsed), schema, signal) }
        }),
      )
    },
  }
}

/** The properties of `use.latest.with.metadata`, written as `key=value`. Throws `ConnectError`. */
function metadataOf(config: RegistryConfig): ReadonlyMap<string, string> {
  const key = 'use.latest.with.metadata'
  return new Map(
    config[key].map((item) => {
      const at = item.indexOf('=')
      if (at < 1) throw invalidSetting(key, item, 'Expected key=value')
      return [item.slice(0, at).trim(), item.slice(at + 1).trim()]
    }),
  )
}

/**
 * What the registry refuses because of the schema is a fault of the record, which a tolerance may leave out; who may not ask
 * at all has a task that cannot work, and leaves out nothing.
 */
async function asRecordFault<Result>(message: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step()
  } catch (cause) {
    const denied = cause instanceof RegistryRefusal && (cause.status === 401 || cause.status === 403)
    if (denied || !(cause instanceof RegistryRefusal || cause instanceof DataError)) throw cause
    throw new DataError(message, { cause: new SerializationError(message, { cause }) })
  }
}
