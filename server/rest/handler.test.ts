import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { RestOptions } from '#server/rest/handler.ts'
import { openApiDocument } from '#server/rest/openapi/document.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'
import { createWebHandler } from '#server/rest/test-tree/web-handler.ts'

interface Step {
  id: string
  method: string
  path: string
  headers?: Record<string, string>
  body?: string
  status: number
  responseHeaders?: Record<string, string>
  responseJson?: unknown
  responseText?: string
}

const recorded = readFileSync(join(import.meta.dirname, 'testdata/stateless.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line): Step => JSON.parse(line))

function handlerWith(options: Partial<RestOptions> = {}) {
  const herder = createMemoryHerder()
  const handle = createWebHandler({
    herder,
    profile: 'compat',
    clock: systemClock,
    logger: silentLogger,
    version: '0.1.0',
    ...options,
  })
  const ask = (method: string, path: string, init: { headers?: Record<string, string>; body?: string } = {}) => {
    const hasBody = init.body !== undefined && init.body !== '' && method !== 'GET'
    return handle(
      new Request(`http://127.0.0.1:8083${path}`, {
        method: method === 'TRACE' ? 'X-TRACE' : method,
        headers: { host: '127.0.0.1:8083', ...init.headers },
        ...(hasBody && { body: new TextEncoder().encode(init.body) }),
      }),
      path === '' ? '/' : path,
    )
  }
  return { ask, herder }
}

const json = { 'content-type': 'application/json' }

/** Words of Java libraries; only the status counts. */
const fromJava = /^(Cannot |No content|Unexpected |Illegal base64|Unrecognized)/

describe('answers as Kafka Connect was recorded', () => {
  const internal = {
    acceptTaskConfigs: async () => {},
    fenceZombies: async () => {},
    sessionKey: () => ({ key: new Uint8Array(32), algorithm: 'HmacSHA256' }),
  }
  const { ask } = handlerWith({ internal })

  // In one test, in order: log levels set by one step are read by the next.
  test.each(recorded)('$id $method $path', async (step) => {
    const response = await ask(step.method, step.path, step)
    const text = await response.text()
    expect(response.status).toBe(step.status)
    if (step.responseText === '<html>') return
    for (const name of ['content-type', 'location']) {
      expect(response.headers.get(name)).toBe(step.responseHeaders?.[name] ?? null)
    }
    const methods = (list: string | null | undefined) => list?.split(/,\s*/).sort()
    expect(methods(response.headers.get('allow'))).toEqual(methods(step.responseHeaders?.allow))

    if (step.responseJson === undefined) {
      expect(methods(text)).toEqual(methods(step.responseText))
      return
    }
    const theirs = step.responseJson
    const ours: unknown = JSON.parse(text)
    if (isError(theirs) && fromJava.test(theirs.message)) expect(ours).toMatchObject({ error_code: step.status })
    else if (!isOfTheirCluster(step)) {
      expect(masked(ours, namesAllLoggers(step))).toEqual(theirs)
    }
  })
})

const isError = (value: unknown): value is { message: string } =>
  typeof value === 'object' && value !== null && 'message' in value

/** What a cluster is called and which plugins it has is not the door's affair. */
const isOfTheirCluster = ({ path, method }: Step) =>
  (method === 'GET' && /^\/?(\?x=y)?$/.test(path)) || path.startsWith('/connector-plugins')

/** Times vary, and of all loggers at once the recording names only those of its own session. */
function masked(value: unknown, allLoggers = false): unknown {
  const named = (logger: string) => !allLoggers || logger === 'root' || logger.startsWith('org.example')
  if (Array.isArray(value)) return value.filter((item) => named(String(item)))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => named(key))
      .map(([key, item]) => [key, key === 'last_modified' && item !== null ? '<time>' : masked(item)]),
  )
}

const namesAllLoggers = ({ method, path }: Step) =>
  (method === 'PUT' && path === '/admin/loggers/root') || (method === 'GET' && path === '/admin/loggers')

describe('the body of a request', () => {
  const config = { 'connector.class': 'FileStreamSource', topic: 't' }

  test('becomes strings where it holds other scalars, digit for digit', async () => {
    const { ask, herder } = handlerWith()
    const body =
      '{"name":" c ","config":{"connector.class":"X","topic":"t","big":9007199254740993,"half":1.0,"yes":true,"no":null}}'
    const response = await ask('POST', '/connectors', { headers: json, body })
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe('http://127.0.0.1:8083/connectors/c')
    expect(await herder.config('c')).toMatchObject({
      big: '9007199254740993',
      half: '1.0',
      yes: 'true',
      no: null,
      name: 'c',
    })
  })

  test.each([
    ['malformed', '{bad', 500],
    ['a list', '[]', 500],
    ['null', 'null', 500],
    ['absent', '', 500],
    ['without a config', '{"name":"c"}', 500],
    ['with an unknown field', '{"name":"c","config":{},"extra":1}', 500],
    ['with an unknown initial state', '{"name":"c","config":{"topic":"t"},"initial_state":"x"}', 500],
    ['not UTF-8', '\ud800', 500],
    ['nested too deep', `{"config":${'['.repeat(40)}${']'.repeat(40)}}`, 400],
    ['poisoned at the top', '{"__proto__":{"polluted":true},"name":"c","config":{}}', 400],
    ['poisoned inside', '{"name":"c","config":{"constructor":"x"}}', 400],
  ])('that is %s is refused as %s with %d', async (_what, body, status) => {
    const { ask, herder } = handlerWith()
    const response = await ask('POST', '/connectors', { headers: json, body })
    expect([response.status, await response.json()]).toEqual([
      status,
      { error_code: status, message: expect.stringMatching(/./) },
    ])
    expect(await herder.list()).toEqual([])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test('may not be larger than the limit, counted as it arrives', async () => {
    const { ask } = handlerWith({ bodyLimit: 200 })
    const fits = JSON.stringify({ name: 'c', config: { ...config, pad: 'x'.repeat(20) } })
    expect((await ask('POST', '/connectors', { headers: json, body: fits.padEnd(200) })).status).toBe(201)
    expect((await ask('POST', '/connectors', { headers: json, body: fits.padEnd(201) })).status).toBe(413)
  })

  test('has a name that agrees with the path', async () => {
    const { ask } = handlerWith()
    const response = await ask('PUT', '/connectors/a/config', { headers: json, body: '{"name":"b","topic":"t"}' })
    expect(await response.json()).toEqual({
      error_code: 400,
      message: "Connector name configuration (b) doesn't match connector name in the URL (a)",
    })
  })

  test('of a validation is for the plugin of the path', async () => {
    const { ask } = handlerWith()
    const path = '/connector-plugins/FileStreamSource/config/validate'
    const good = '{"connector.class":"org.apache.kafka.connect.file.FileStreamSourceConnector"}'
    expect((await ask('PUT', path, { headers: json, body: good })).status).toBe(200)
    const other = await ask('PUT', path, { headers: json, body: '{"connector.class":"FileStreamSink"}' })
    expect(await other.json()).toEqual({
      error_code: 400,
      message: 'Included connector type FileStreamSink does not match request type FileStreamSource',
    })
  })
})

const limitSchema = (most: number) => ({ type: 'integer', minimum: 1, maximum: most, default: expect.any(Number) })

test.each([
  ['/sluice/v1/timeline', 1_000],
  ['/sluice/v1/connectors/c/timeline', 1_000],
  ['/sluice/v1/connectors/c/logs', 1_000],
  ['/sluice/v1/assignments', 200],
  ['/sluice/v1/logs', 5_000],
])('%s takes a limit from 1 to %d, and says so', async (path, most) => {
  const { ask } = handlerWith()
  for (const limit of ['1', String(most), '']) expect((await ask('GET', `${path}?limit=${limit}`)).status).toBe(200)
  for (const limit of ['0', String(most + 1), '-1', '1.5', 'x']) {
    const refused = await ask('GET', `${path}?limit=${limit}`)
    expect(refused.status).toBe(400)
    const message = `'limit' has to be a whole number from 1 to ${most}, not ${limit}.`
    expect(await refused.json()).toEqual({ error_code: 400, message })
  }
  expect(openApiDocument('1.0.0').paths).toHaveProperty(
    [path.replace('/connectors/c/', '/connectors/{connector}/'), 'get', 'parameters'],
    expect.arrayContaining([expect.objectContaining({ name: 'limit', schema: limitSchema(most) })]),
  )
})

test('lists connectors with what is asked for, and ignores what it does not know', async () => {
  const { ask, herder } = handlerWith()
  await herder.create({ name: 'x', config: { 'connector.class': 'X', topic: 't' } })
  const keys = async (query: string) => {
    const answer = await (await ask('GET', `/connectors${query}`)).json()
    return Array.isArray(answer) ? answer : Object.keys(answer.x)
  }
  expect(await keys('')).toEqual(['x'])
  expect(await keys('?expand=status&expand=info')).toEqual(['status', 'info'])
  expect(await keys('?expand=status,info')).toEqual([])
  expect(await keys('?expand')).toEqual([])
  expect(await keys('?Expand=status')).toEqual(['x'])
})

test('says which stage takes long when a request times out', async () => {
  const herder = createMemoryHerder()
  const stage = { description: 'writing a config for connector c to the config topic', startedAt: 0 }
  const { ask } = handlerWith({
    herder: { ...herder, list: () => new Promise(() => {}) },
    requestTimeoutMs: 1,
    stage: () => stage,
  })
  const asked = await ask('GET', '/connectors')
  expect(await asked.json()).toEqual({
    error_code: 500,
    message:
      'Request timed out. The worker is currently writing a config for connector c to the config topic, which began at 1970-01-01T00:00:00.000Z.',
  })
})

test('answers an unforeseen failure with its message, and tells the log', async () => {
  const said: string[] = []
  const herder = createMemoryHerder()
  const { ask } = handlerWith({
    herder: { ...herder, list: () => Promise.reject(new TypeError('boom')) },
    logger: { ...silentLogger, error: (message) => said.push(message) },
  })
  const response = await ask('GET', '/connectors')
  expect([response.status, await response.json()]).toEqual([500, { error_code: 500, message: 'boom' }])
  expect(said).toHaveLength(1)
})

test('adds the configured headers to every answer', async () => {
  const { ask } = handlerWith({ headerRules: [{ action: 'set', name: 'X-Frame-Options', value: 'DENY' }] })
  for (const path of ['/', '/nope', '/connectors/none']) {
    expect((await ask('GET', path)).headers.get('x-frame-options')).toBe('DENY')
  }
})

test('serves admin endpoints only where admin.listeners puts them', async () => {
  const options = {
    herder: createMemoryHerder(),
    profile: 'compat',
    clock: systemClock,
    logger: silentLogger,
    version: '0',
  } as const
  const status = async (part: 'admin' | 'without-admin', path: string) =>
    (await createWebHandler(options, part)(new Request(`http://h${path}`))).status
  expect(await status('without-admin', '/admin/loggers')).toBe(404)
  expect(await status('admin', '/admin/loggers')).toBe(200)
  expect(await status('admin', '/connectors')).toBe(404)
})
