import { writeFileSync } from 'node:fs'
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, askSettled, inState, taskInState } from '#e2e/harness/rest.ts'

/** The document that a worker serves, held against what the same worker answers. */
let cluster: Cluster
let url: string
let document: OpenApi
const seen = new Map<string, Set<string>>()

interface OpenApi {
  openapi: string
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, Response> }>>
  components: { schemas: Record<string, unknown> }
}
interface Response {
  content?: Record<string, { schema: unknown }>
}

beforeAll(async () => {
  cluster = await startCluster({ workers: 2 })
  url = cluster.workers[0]?.url ?? ''
  document = (await ask(url, 'GET', '/sluice/v1/openapi.json')).body
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

/** Asks the path of the document with its braces filled, and finds the answer among those that it promises. */
async function call(method: string, path: string, options: { fill?: string[]; query?: string; body?: unknown } = {}) {
  const operation = document.paths[path]?.[method.toLowerCase()]
  if (!operation) throw new Error(`the document has no ${method} ${path}`)
  const fill = [...(options.fill ?? [])]
  const target = path.replace(/\{\w+\}/g, () => encodeURIComponent(fill.shift() ?? ''))
  const answer = await askSettled(url, method, target + (options.query ?? ''), options.body)
  const promised = operation.responses[answer.status] ?? operation.responses.default
  const name = operation.responses[answer.status] ? String(answer.status) : 'default'
  seen.set(operation.operationId, (seen.get(operation.operationId) ?? new Set()).add(name))
  const content = promised?.content ? Object.values(promised.content)[0] : undefined
  if (!content) expect(answer.body, `${method} ${target} answers ${answer.status} without a body`).toBeUndefined()
  else {
    const valid = validator(content.schema)
    expect(valid(answer.body) ? [] : valid.errors, `${method} ${target}: ${JSON.stringify(answer.body)}`).toEqual([])
  }
  return answer
}

/** An answer that never ends is looked at as far as it has come. */
async function follow(path: string, connector: string) {
  const enough = new AbortController()
  const answer = await fetch(`${url}${path.replace('{connector}', connector)}?after=0-0`, { signal: enough.signal })
  const operation = document.paths[path]?.get
  expect(Object.keys(operation?.responses['200']?.content ?? {})).toEqual([answer.headers.get('content-type')])
  enough.abort()
  seen.set(operation?.operationId ?? '', new Set(['200']))
}

function validator(schema: unknown): ValidateFunction {
  const ajv = new Ajv2020({ strict: false })
  return ajv.compile({ $id: 'answer', ...(schema as object), components: document.components })
}

const source = () => ({
  'connector.class': 'FileStreamSource',
  topic: `${cluster.group}-api`,
  file: cluster.file('api.in'),
})

test('every answer of a whole life of a connector is one that the document promises, and none of its operations is left out', async () => {
  expect(document.openapi).toBe('3.1.0')
  writeFileSync(cluster.file('api.in'), 'one\n')
  const fill = ['api']
  await call('GET', '/')
  await call('GET', '/health')
  await call('GET', '/metrics')
  await call('GET', '/sluice/v1/openapi.json')
  await call('GET', '/connector-plugins')
  await call('GET', '/connector-plugins', { query: '?connectorsOnly=false' })
  await call('GET', '/connector-plugins/{plugin}/config', { fill: ['FileStreamSource'] })
  for (const path of ['', '/sluice/v1'].map((front) => `${front}/connector-plugins/{plugin}/config/validate`)) {
    await call('PUT', path, { fill: ['FileStreamSource'], body: { ...source(), name: 'api', tpoic: 'x' } })
  }
  const trial = '/sluice/v1/connector-plugins/{plugin}/config'
  await call('PUT', `${trial}/preview`, { fill: ['FileStreamSource'], body: { config: source(), limit: 1 } })
  await call('PUT', `${trial}/test`, { fill: ['FileStreamSource'], body: source() })
  await call('GET', '/sluice/v1/catalog')
  await call('GET', '/sluice/v1/record-plugins')
  await call('GET', '/sluice/v1/plugins')

  await call('POST', '/connectors', { body: { name: 'api', config: source() } })
  await inState(url, 'api', 'RUNNING')
  await call('POST', '/connectors', { body: { name: 'api', config: source() } })
  await call('GET', '/connectors')
  await call('GET', '/connectors', { query: '?expand=status&expand=info' })
  await call('GET', '/connectors/{connector}', { fill })
  await call('GET', '/connectors/{connector}/config', { fill })
  await call('PUT', '/connectors/{connector}/config', { fill, body: { ...source(), 'tasks.max': '2' } })
  await call('PATCH', '/connectors/{connector}/config', { fill, body: { 'tasks.max': null } })
  await inState(url, 'api', 'RUNNING')
  await call('GET', '/connectors/{connector}/status', { fill })
  await call('GET', '/connectors/{connector}/tasks', { fill })
  await call('GET', '/connectors/{connector}/tasks/{task}/status', { fill: ['api', '0'] })
  await call('POST', '/connectors/{connector}/tasks/{task}/restart', { fill: ['api', '0'] })
  await call('POST', '/connectors/{connector}/restart', { fill })
  await call('POST', '/connectors/{connector}/restart', { fill, query: '?includeTasks=true' })
  await inState(url, 'api', 'RUNNING')
  await call('GET', '/connectors/{connector}/topics', { fill })
  await call('PUT', '/connectors/{connector}/topics/reset', { fill })
  await call('PUT', '/connectors/{connector}/pause', { fill })
  await call('PUT', '/connectors/{connector}/resume', { fill })
  await call('PUT', '/connectors/{connector}/stop', { fill })
  await inState(url, 'api', 'STOPPED', 0)
  await call('GET', '/connectors/{connector}/offsets', { fill })
  const offsets = [{ partition: { filename: source().file }, offset: { position: 0 } }]
  await call('PATCH', '/connectors/{connector}/offsets', { fill, body: { offsets } })
  await call('DELETE', '/connectors/{connector}/offsets', { fill })

  const failing = { 'connector.class': 'FileStreamSink', topics: source().topic, file: cluster.file('no/such.out') }
  await call('PUT', '/connectors/{connector}/config', { fill: ['failing'], body: failing })
  await taskInState(url, 'failing', 'FAILED')
  await call('GET', '/sluice/v1/recoveries')
  await call('PUT', '/sluice/v1/connectors/{connector}/log-level', { fill, body: { level: 'debug', for_seconds: 60 } })
  await call('GET', '/sluice/v1/connectors/{connector}/log-level', { fill })
  await call('DELETE', '/sluice/v1/connectors/{connector}/log-level', { fill })
  await call('GET', '/sluice/v1/stalls')
  await call('GET', '/sluice/v1/taskless')
  await call('GET', '/sluice/v1/throughput')
  await call('GET', '/sluice/v1/connectors/{connector}/policies', { fill: ['failing'] })
  await call('POST', '/sluice/v1/workers/{worker}/drain', { fill: [new URL(url).host] })
  await call('GET', '/sluice/v1/cluster')
  await call('GET', '/sluice/v1/assignments', { query: '?limit=5' })
  await call('DELETE', '/sluice/v1/workers/{worker}/drain', { fill: [new URL(url).host] })
  await call('GET', '/sluice/v1/logs')
  await call('GET', '/sluice/v1/timeline')
  await call('GET', '/sluice/v1/connectors/{connector}/timeline', { fill: ['failing'] })
  await call('GET', '/sluice/v1/connectors/{connector}/logs', { fill: ['failing'] })
  for (const path of ['/timeline/live', '/connectors/{connector}/timeline/live', '/connectors/{connector}/logs/live']) {
    await follow(`/sluice/v1${path}`, 'failing')
  }
  await call('GET', '/admin/loggers')
  await call('GET', '/admin/loggers/{logger}', { fill: ['root'] })
  await call('PUT', '/admin/loggers/{logger}', { fill: ['sluice.task'], body: { level: 'DEBUG' } })
  await call('PUT', '/admin/loggers/{logger}', { fill: ['root'], query: '?scope=cluster', body: { level: 'INFO' } })
  await call('DELETE', '/connectors/{connector}', { fill })
  await call('GET', '/connectors/{connector}', { fill })

  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(operations.map(({ operationId }) => operationId).filter((id) => !seen.has(id))).toEqual([])
  expect([...(seen.get('getConnector') ?? [])]).toEqual(['200', 'default'])
})
