import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createDoor } from '#server/console/web/door.ts'
import { type PagesState, startWebServer, type WebOptions, type WebServer } from '#server/console/web/server.ts'
import { systemClock } from '#server/contract/clock.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'

const open: WebServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]()
})

async function start(options: Partial<WebOptions> = {}) {
  const server = await startWebServer({
    host: '127.0.0.1',
    port: 0,
    door: createDoor([]),
    api: async (_request, response) => {
      response.end('{}')
    },
    pages: () => ({ state: 'building' }),
    dev: false,
    clock: systemClock,
    logger: silentLogger,
    ...options,
  })
  open.push(server)
  return { server, url: `http://127.0.0.1:${server.port}` }
}

/** Pages that answer with the headers that they were asked with. */
const echoing: PagesState = {
  state: 'ready',
  pages: {
    serve: async (request, response) => {
      response.end(JSON.stringify(request.headers))
    },
    upgrade: async (_request, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    },
    async [Symbol.asyncDispose]() {},
  },
}

/** `fetch` sets Host and Origin itself. */
function ask(url: string, options: { method?: string; headers: Record<string, string> }): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(url, options, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.once('error', reject)
    call.end()
  })
}

test('while the pages are built a page says so at once and asks again by itself; procedures answer already', async () => {
  const { url } = await start()
  const page = await fetch(`${url}/c/local`)
  expect([page.status, page.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await page.text()).toContain('<meta http-equiv="refresh" content="2">')
  expect((await fetch(`${url}/api/trpc/x`)).status).toBe(200)
})

test('pages that could not be built say why, as text', async () => {
  const { url } = await start({ pages: () => ({ state: 'failed', reason: 'next build: <script>alert(1)</script>' }) })
  const page = await fetch(url)
  expect(page.status).toBe(500)
  expect(await page.text()).toContain('&lt;script&gt;alert(1)')
})

test('a page that is being loaded is waited for', async () => {
  const loading = Promise.withResolvers<PagesState>()
  const { url } = await start({ pages: () => loading.promise })
  const page = fetch(url)
  loading.resolve(echoing)
  expect((await page).status).toBe(200)
})

test('pages get the nonce of their answer, and nothing by which the framework speaks to itself', async () => {
  const { url } = await start({ pages: () => echoing })
  const answer = await fetch(url, { headers: { 'x-middleware-subrequest': 'middleware', 'x-nextjs-data': '1' } })
  const seen = await answer.json()
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/=]{24}';/)
  expect(policy).not.toMatch(/script-src[^;]*unsafe/)
  expect(policy).toContain("frame-ancestors 'none'")
  expect(seen['content-security-policy']).toBe(policy)
  expect(seen).not.toHaveProperty('x-middleware-subrequest')
  expect(seen).not.toHaveProperty('x-nextjs-data')
  const again = await fetch(url)
  expect(again.headers.get('content-security-policy')).not.toBe(policy)
})

test('what is asked under a foreign name, or changed from a foreign page, is refused before it is looked at', async () => {
  let asked = 0
  const { url } = await start({
    pages: () => echoing,
    api: async (_request, response) => {
      asked++
      response.end()
    },
  })
  const json = { 'content-type': 'application/json' }
  expect(await ask(url, { headers: { host: 'evil.example' } })).toBe(403)
  const call = `${url}/api/trpc/connectors.delete`
  expect(await ask(call, { method: 'POST', headers: { host: 'evil.example', ...json } })).toBe(403)
  expect(await ask(call, { method: 'POST', headers: { origin: 'http://evil.example', ...json } })).toBe(403)
  expect(await ask(call, { method: 'POST', headers: { 'content-type': 'text/plain' } })).toBe(415)
  expect(await ask(call, { method: 'PUT', headers: json })).toBe(405)
  expect(await ask(`${url}/c/local`, { method: 'POST', headers: json })).toBe(405)
  expect(asked).toBe(0)
  expect(await ask(call, { method: 'POST', headers: json })).toBe(200)
})

test('every answer of a procedure says that it is not to be kept', async () => {
  const { url } = await start()
  const answer = await fetch(`${url}/api/trpc/x`)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
})

test('a failure that nobody foresaw tells nothing of itself', async () => {
  const { url } = await start({ api: () => Promise.reject(new Error('at /home/ada/secret.ts')) })
  const answer = await fetch(`${url}/api/trpc/x`)
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain('ada')
})

test.each([
  ['an upgrade of the own page passes in development', true, '127.0.0.1', '101'],
  ['an upgrade of a foreign page does not', true, 'evil.example', ''],
  ['nothing is upgraded in production', false, '127.0.0.1', ''],
])('%s', async (_promise, dev, origin, expected) => {
  const { server } = await start({ dev, pages: () => echoing })
  const socket = connect(server.port, '127.0.0.1')
  const from = `Host: 127.0.0.1\r\nOrigin: http://${origin}\r\n`
  socket.write(`GET /_next/webpack-hmr HTTP/1.1\r\n${from}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'close')
  expect(text.split(' ')[1] ?? '').toBe(expected)
})

test('closing ends an event stream that stays open, and lets a short answer finish', async () => {
  const short = Promise.withResolvers<void>()
  const { server, url } = await start({
    api: async (request, response) => {
      response.write('begun')
      if (request.url?.endsWith('short')) {
        await short.promise
        response.end(' and done')
      } else await once(response, 'close')
    },
  })
  const stream = await fetch(`${url}/api/trpc/stream`)
  const answer = await fetch(`${url}/api/trpc/short`)
  const begin = performance.now()
  const closed = server[Symbol.asyncDispose]()
  short.resolve()
  expect(await answer.text()).toBe('begun and done')
  await expect(stream.text()).rejects.toThrow()
  await closed
  expect(performance.now() - begin).toBeLessThan(1_000)
})

test('closing ends an upgraded connection', async () => {
  const pages: PagesState = {
    ...echoing,
    pages: { ...echoing.pages, upgrade: async (_, socket) => void socket.write('!') },
  }
  const { server } = await start({ dev: true, pages: () => pages })
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await once(socket, 'data')
  await server[Symbol.asyncDispose]()
  if (!socket.closed) await once(socket, 'close')
})

test('a port that is taken is told as one', async () => {
  const { server } = await start()
  await expect(start({ port: server.port })).rejects.toMatchObject({ code: 'PORT_TAKEN' })
})
