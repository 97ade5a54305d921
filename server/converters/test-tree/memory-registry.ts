import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { compatibleAvro } from '#server/converters/avro/avro-compatibility.ts'

interface Reference {
  name: string
  subject: string
  version: number
}
interface Kept {
  id: number
  metadata?: { properties: Readonly<Record<string, string>> }
  schema: string
  schemaType: string
  references: Reference[]
}
interface SchemaBody {
  schema: string
  metadata?: { properties: Readonly<Record<string, string>> }
  schemaType?: string
  references?: Reference[]
}

/** A schema registry for tests: real HTTP on a port of its own, everything else in memory. */
export interface MemoryRegistry extends AsyncDisposable {
  url: string
  /** Every request so far, as `GET /schemas/ids/1`. */
  requests: string[]
  /** The header `authorization` of each request. */
  authorizations: (string | undefined)[]
  /** While set, every request is answered with this status. */
  failWith: number | undefined
  /** While set, requests are left without an answer. */
  silent: boolean
  /** Whether what a subject gets must read what it had (BACKWARD), or may be anything (NONE). */
  compatibility: 'BACKWARD' | 'NONE'
  /** Registers without a request. */
  put(subject: string, body: SchemaBody): { id: number; version: number }
  versions(subject: string): readonly Kept[]
  /** How many connections are open. */
  connections(): Promise<number>
}

class Refused extends Error {
  readonly status: number
  readonly code: number
  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export async function startMemoryRegistry(
  options: { authorization?: string; tls?: ServerOptions } = {},
): Promise<MemoryRegistry> {
  const subjects = new Map<string, Kept[]>()
  const ids = new Map<string, number>()
  const byId = new Map<number, Kept>()
  const contentOf = ({ schema, schemaType = 'AVRO', references = [] }: SchemaBody) =>
    JSON.stringify([schemaType, schema, references])

  function textsOf(references: readonly Reference[], into = new Map<string, string>()): Map<string, string> {
    for (const { name, subject, version } of references) {
      const kept = versionOf(subject, version)
      textsOf(kept.references, into)
      into.set(name, kept.schema)
    }
    return into
  }

  function checkCompatible(versions: readonly Kept[], body: SchemaBody) {
    const latest = versions.at(-1)
    if (!latest || registry.compatibility === 'NONE' || latest.schemaType !== 'AVRO') return
    const parsed = (schema: string, references: readonly Reference[]) =>
      ({ text: schema, references: textsOf(references) }) as never
    try {
      compatibleAvro(parsed(body.schema, body.references ?? []), parsed(latest.schema, latest.references))
    } catch {
      throw new Refused(409, 409, 'Schema being registered is incompatible with an earlier schema')
    }
  }

  function put(subject: string, body: SchemaBody) {
    const versions = subjects.get(subject) ?? []
    const content = contentOf(body)
    const known = versions.findIndex((kept) => contentOf(kept) === content)
    if (known >= 0) return { id: versions[known]?.id as number, version: known + 1 }
    checkCompatible(versions, body)
    const id = ids.get(content) ?? ids.size + 1
    ids.set(content, id)
    const kept: Kept = {
      id,
      schema: body.schema,
      schemaType: body.schemaType ?? 'AVRO',
      references: body.references ?? [],
      ...(body.metadata && { metadata: body.metadata }),
    }
    byId.set(id, kept)
    subjects.set(subject, [...versions, kept])
    return { id, version: versions.length + 1 }
  }

  function versionOf(subject: string, version: number | 'latest'): Kept {
    const versions = subjects.get(subject)
    if (!versions) throw new Refused(404, 40401, `Subject '${subject}' not found.`)
    const kept = version === 'latest' ? versions.at(-1) : versions[version - 1]
    if (!kept) throw new Refused(404, 40402, `Version ${version} not found.`)
    return kept
  }

  function latestWith(subject: string, query: URLSearchParams): Kept {
    const values = query.getAll('value')
    const wanted = query.getAll('key').map((key, at) => [key, values[at]] as const)
    const found = subjects
      .get(subject)
      ?.findLast(({ metadata }) => wanted.every(([key, value]) => metadata?.properties[key] === value))
    if (found) return found
    throw new Refused(404, 40401, `Subject '${subject}' not found.`)
  }

  function answer(method: string, path: string, query: URLSearchParams, body: SchemaBody | undefined): unknown {
    const [, root, a = '', b, c] = path.split('/').map(decodeURIComponent)
    if (method === 'GET' && root === 'schemas' && a === 'types') return ['JSON', 'PROTOBUF', 'AVRO']
    if (method === 'GET' && root === 'schemas' && a === 'ids') {
      const kept = byId.get(Number(b))
      if (!kept) throw new Refused(404, 40403, `Schema ${b} not found`)
      return shown(kept)
    }
    if (root !== 'subjects') throw new Refused(404, 404, 'HTTP 404 Not Found')
    const isOneVersion = b === 'metadata' || (b === 'versions' && c !== undefined)
    if (method === 'GET' && isOneVersion) {
      const kept = b === 'metadata' ? latestWith(a, query) : versionOf(a, c === 'latest' ? c : Number(c))
      return { subject: a, version: (subjects.get(a)?.indexOf(kept) ?? 0) + 1, ...shown(kept), id: kept.id }
    }
    if (method === 'POST' && b === 'versions' && body) return { id: put(a, body).id }
    if (method === 'POST' && b === undefined && body) {
      const versions = subjects.get(a)
      if (!versions) throw new Refused(404, 40401, `Subject '${a}' not found.`)
      const at = versions.findIndex((kept) => contentOf(kept) === contentOf(body))
      if (at < 0) throw new Refused(404, 40403, 'Schema not found')
      return { subject: a, version: at + 1, ...shown(versions[at] as Kept), id: versions[at]?.id }
    }
    throw new Refused(405, 405, 'HTTP 405 Method Not Allowed')
  }

  const shown = ({ schema, schemaType, references }: Kept) => ({
    schema,
    ...(schemaType !== 'AVRO' && { schemaType }),
    ...(references.length > 0 && { references }),
  })

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const [path = '', query = ''] = (request.url ?? '').split('?')
    registry.requests.push(`${request.method} ${request.url}`)
    registry.authorizations.push(request.headers.authorization)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (registry.silent) return
    const send = (status: number, content: unknown) => {
      response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
      response.end(JSON.stringify(content))
    }
    try {
      if (registry.failWith) throw new Refused(registry.failWith, registry.failWith, 'told to fail')
      if (options.authorization && request.headers.authorization !== options.authorization) {
        throw new Refused(401, 401, 'Unauthorized')
      }
      const text = Buffer.concat(chunks).toString()
      send(
        200,
        answer(request.method ?? '', path, new URLSearchParams(query), text === '' ? undefined : JSON.parse(text)),
      )
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(422, 42201, String(error))
      send(refused.status, { error_code: refused.code, message: refused.message })
    }
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => void handle(request, response)
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const registry: MemoryRegistry = {
    url: `http${options.tls ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    authorizations: [],
    failWith: undefined,
    silent: false,
    compatibility: 'BACKWARD',
    put,
    versions: (subject) => subjects.get(subject) ?? [],
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return registry
}
