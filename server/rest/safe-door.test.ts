import { describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { RestOptions } from '#server/rest/handler.ts'
import { routes } from '#server/rest/routes.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'
import { createWebHandler } from '#server/rest/test-tree/web-handler.ts'

const ORIGIN = 'http://127.0.0.1:8083'

const ask = (method: string, path: string, headers: Record<string, string>, options: Partial<RestOptions> = {}) => {
  const handle = createWebHandler({
    herder: createMemoryHerder(),
    profile: 'safe',
    clock: systemClock,
    logger: silentLogger,
    version: '0.1.0',
    allowedHosts: ['connect.example'],
    ...options,
  })
  return handle(new Request(ORIGIN + path, { method, headers: { host: '127.0.0.1:8083', ...headers } }))
}

const filled = (path: string) => path.replace('{c}', 'c').replace('{n}', '0')
const changing = routes
  .filter(({ method }) => method !== 'GET')
  .map(({ method, path }) => [method, filled(path)] as const)

describe.each(changing)('%s %s', (method, path) => {
  test.each([
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['an opaque Origin', { origin: 'null' }],
    ['the same host on another port', { origin: 'http://127.0.0.1:3000' }],
    ['another site without an Origin', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site without an Origin', { 'sec-fetch-site': 'same-site' }],
    ['a foreign Host', { host: 'rebound.example:8083' }],
  ])('is refused from %s', async (_who, headers) => {
    const response = await ask(method, path, headers)
    expect(response.status).toBe(403)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('lets programs and its own pages through', async () => {
    for (const headers of [{}, { origin: ORIGIN }, { 'sec-fetch-site': 'same-origin' }, { host: 'connect.example' }]) {
      expect(
        (
          await ask(method, path, {
            ...headers,
            origin: `http://${'host' in headers ? headers.host : '127.0.0.1:8083'}`,
          })
        ).status,
      ).not.toBe(403)
    }
    expect((await ask(method, path, {})).status).not.toBe(403)
  })

  test('is open to everyone in the compat profile, as in Kafka Connect', async () => {
    const response = await ask(method, path, { origin: 'https://evil.example', host: 'x' }, { profile: 'compat' })
    expect(response.status).not.toBe(403)
  })
})

test('refuses to be read under a foreign Host, which is how DNS rebinding looks', async () => {
  expect((await ask('GET', '/connectors', { host: 'rebound.example' })).status).toBe(403)
  for (const host of ['localhost:8083', '[::1]:8083', 'LOCALHOST', 'connect.example:1']) {
    expect((await ask('GET', '/connectors', { host })).status).toBe(200)
  }
})

test('lets an allowed origin in and tells the browser so', async () => {
  const options = { allowOrigins: ['https://*.example'], allowMethods: ['GET', 'PUT'] }
  const origin = 'https://console.example'
  const change = await ask('PUT', '/connectors/c/pause', { origin }, options)
  expect(change.status).toBe(404)
  expect(change.headers.get('access-control-allow-origin')).toBe(origin)

  const preflight = await ask('OPTIONS', '/connectors', { origin, 'access-control-request-method': 'PUT' }, options)
  expect(preflight.headers.get('access-control-allow-methods')).toBe('GET,PUT')
  const refused = await ask('OPTIONS', '/connectors', {
    origin: 'https://evil',
    'access-control-request-method': 'PUT',
  })
  expect(refused.headers.get('access-control-allow-methods')).toBeNull()
})

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
  'refuses a change with a body of type %s, which a form could send',
  async (type) => {
    const handle = createWebHandler({
      herder: createMemoryHerder(),
      profile: 'safe',
      clock: systemClock,
      logger: silentLogger,
      version: '0',
    })
    const headers = { host: 'localhost', 'content-type': type }
    const request = (method: string, path: string) =>
      new Request(ORIGIN + path, { method, headers, body: '{"topic":"t"}' })
    for (const [method, path] of changing.filter(([name]) => name !== 'DELETE')) {
      expect((await handle(request(method, path))).status).toBe(415)
    }
  },
)
