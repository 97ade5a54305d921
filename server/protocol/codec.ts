import { type Codec, structCodec } from '#server/protocol/field-codec.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import type { DataMessages, Messages } from '#server/protocol/messages.gen.ts'
import { Reader } from '#server/protocol/reader.ts'
import type { ApiSchema } from '#server/protocol/schema.ts'
import { apiSchemas, dataSchemas } from '#server/protocol/schemas.gen.ts'
import { Writer } from '#server/protocol/writer.ts'

export type ApiName = keyof Messages
export type RequestOf<A extends ApiName> = Messages[A]['request']
export type ResponseOf<A extends ApiName> = Messages[A]['response']

/**
 * What may be handed to an encoder: every field may be missing (the schema's default is written), bytes may be a list.
 * A field that the version lacks is an error when it is set, unless Kafka marks it as ignorable.
 */
export type Writable<T> = T extends Buffer
  ? Uint8Array | readonly Uint8Array[]
  : T extends readonly (infer E)[]
    ? readonly Writable<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Writable<T[K]> | undefined }
      : T

/** Key and versions of every API in the table. */
export const apis: Readonly<Record<ApiName, ApiSchema>> = apiSchemas
export const apiNames = Object.keys(apiSchemas) as ApiName[]

const namesByKey = new Map<number, ApiName>(apiNames.map((name) => [apis[name].key, name]))
export const apiByKey = (key: number): ApiName | undefined => namesByKey.get(key)

const cache = new Map<string, Codec>()

function codecFor(api: ApiName, direction: 'request' | 'response', version: number): Codec {
  const key = `${api}:${direction}:${version}`
  let codec = cache.get(key)
  if (!codec) {
    const schema = apis[api]
    if (version < schema.min || version > schema.max) throw new RangeError(`${api} has no version ${version}`)
    codec = structCodec(schema[direction], version, version >= schema.flexibleFrom)
    cache.set(key, codec)
  }
  return codec
}

/** ApiVersions answers in the old header for good, so that a client can read it before it knows the broker (KIP-511). */
const flexibleResponseHeader = (api: ApiName, version: number) =>
  version >= apis[api].flexibleFrom && api !== 'ApiVersions'

function framed(writer: Writer): Buffer[] {
  const size = writer.length - 4
  const parts = writer.finish()
  parts[0]?.writeInt32BE(size, 0)
  return parts
}

function skipTags(reader: Reader): void {
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    reader.unsignedVarint()
    reader.skip(reader.unsignedVarint())
  }
}

/** A whole frame, size included, as a list to be written in order; record batches in `body` are in it uncopied. */
export function encodeRequest<A extends ApiName>(
  api: A,
  version: number,
  header: { correlationId: number; clientId: string | null },
  body: Writable<RequestOf<A>>,
): Buffer[] {
  const writer = new Writer()
  writer.int32(0)
  writer.int16(apis[api].key)
  writer.int16(version)
  writer.int32(header.correlationId)
  if (header.clientId === null) writer.int16(-1)
  else {
    const length = Buffer.byteLength(header.clientId)
    writer.int16(length)
    writer.text(header.clientId, length)
  }
  if (version >= apis[api].flexibleFrom) writer.unsignedVarint(0)
  codecFor(api, 'request', version).write(writer, body)
  return framed(writer)
}

/** `frame` starts after the correlation id. Bytes in the answer are views into it. */
export function decodeResponse<A extends ApiName>(api: A, version: number, frame: Buffer): ResponseOf<A> {
  const reader = new Reader(frame)
  if (flexibleResponseHeader(api, version)) skipTags(reader)
  // A broker that does not know the version of ApiVersions answers in version 0, with error 35 in front (KIP-511).
  const refused = api === 'ApiVersions' && frame.length >= 2 && frame.readInt16BE(0) === 35
  return codecFor(api, 'response', refused ? 0 : version).read(reader) as ResponseOf<A>
}

/** What precedes the body of every request; readable whatever the API or version is. */
export interface RequestHeader {
  apiKey: number
  /** Undefined when the table does not have the key. */
  api: ApiName | undefined
  version: number
  correlationId: number
  clientId: string | null
  /** Whether the table has this version of the API, that is whether `decodeRequest` can read the body. */
  supported: boolean
}

/** One request as the broker reads it: `api` tells the type of `body`. */
export type DecodedRequest = {
  [A in ApiName]: {
    api: A
    version: number
    correlationId: number
    clientId: string | null
    body: RequestOf<A>
  }
}[ApiName]

function readHeader(reader: Reader): RequestHeader {
  const apiKey = reader.int16()
  const version = reader.int16()
  const correlationId = reader.int32()
  const length = reader.int16()
  if (length < -1) throw new MalformedError(`client id of length ${length}`)
  const clientId = length === -1 ? null : reader.text(length)
  const api = apiByKey(apiKey)
  const supported = api !== undefined && version >= apis[api].min && version <= apis[api].max
  return { apiKey, api, version, correlationId, clientId, supported }
}

/** `frame` is what follows the size. */
export const decodeRequestHeader = (frame: Buffer): RequestHeader => readHeader(new Reader(frame))

/** `frame` is what follows the size. Throws MalformedError on bytes that are not a request of the table. */
export function decodeRequest(frame: Buffer): DecodedRequest {
  const reader = new Reader(frame)
  const { api, apiKey, version, correlationId, clientId, supported } = readHeader(reader)
  if (!api || !supported) throw new MalformedError(`no API ${apiKey} version ${version}`)
  if (version >= apis[api].flexibleFrom) skipTags(reader)
  const body = codecFor(api, 'request', version).read(reader)
  return { api, version, correlationId, clientId, body } as DecodedRequest
}

/** A whole frame, size included, as a list to be written in order. */
export function encodeResponse<A extends ApiName>(
  api: A,
  version: number,
  correlationId: number,
  body: Writable<ResponseOf<A>>,
): Buffer[] {
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  if (flexibleResponseHeader(api, version)) writer.unsignedVarint(0)
  codecFor(api, 'response', version).write(writer, body)
  return framed(writer)
}

/** Versioned bytes inside group requests: version, then the fields. */
export function encodeData<D extends keyof DataMessages>(
  name: D,
  version: number,
  data: Writable<DataMessages[D]>,
): Buffer {
  const writer = new Writer()
  writer.int16(version)
  structCodec(dataSchemas[name].fields, version, false).write(writer, data)
  return Buffer.concat(writer.finish())
}

/** A version newer than the table's is read as the newest known: later ones only append (ConsumerProtocol). */
export function decodeData<D extends keyof DataMessages>(
  name: D,
  bytes: Buffer,
): DataMessages[D] & { version: number } {
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (version < 0) throw new MalformedError(`${name} version ${version}`)
  const { fields, max } = dataSchemas[name]
  const data = structCodec(fields, Math.min(version, max), false).read(reader) as DataMessages[D]
  return { ...data, version }
}
