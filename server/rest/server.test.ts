import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { parseListener } from '#server/rest/listener.ts'
import { applyHeaderRules, parseHeaderRules } from '#server/rest/response-headers.ts'
import { startRest } from '#server/rest/server.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'

const options = {
  profile: 'compat',
  clock: systemClock,
  logger: silentLogger,
  version: '0.1.0',
  listeners: ['http://127.0.0.1:0'],
} as const

/** Bytes on the wire, for what no client would send. */
const raw = (url: string, text: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })

test('says in words that a port is taken', async () => {
  const herder = createMemoryHerder()
  await using first = await startRest({ ...options, herder })
  await expect(startRest({ ...options, herder, listeners: [first.url] })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: `The port of ${first.url} is taken by another process.`,
  })
})

test('separates admin endpoints when admin.listeners says so', async () => {
  const herder = createMemoryHerder()
  await using rest = await startRest({ ...options, herder, adminListeners: ['http://127.0.0.1:0'] })
  const statuses = await Promise.all(
    rest.urls.flatMap((url) => ['/connectors', '/admin/loggers'].map(async (path) => (await fetch(url + path)).status)),
  )
  expect(statuses).toEqual([200, 404, 404, 200])
})

test('answers a request under way before it closes', async () => {
  const gate = Promise.withResolvers<string[]>()
  const asked = Promise.withResolvers<void>()
  const list = () => {
    asked.resolve()
    return gate.promise
  }
  const rest = await startRest({ ...options, herder: { ...createMemoryHerder(), list } })
  const answer = fetch(`${rest.url}/connectors`)
  await asked.promise
  const closing = rest[Symbol.asyncDispose]()
  gate.resolve(['late'])
  expect(await (await answer).json()).toEqual(['late'])
  await closing
})

test('cuts a body off at the limit instead of swallowing it', async () => {
  await using rest = await startRest({ ...options, herder: createMemoryHerder(), bodyLimit: 1000 })
  const head = 'POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  expect(await raw(rest.url, `${head}Content-Length: 5000000\r\n\r\n{`)).toMatch(/^HTTP\/1.1 413 /)
})

test('survives requests that the web standard cannot express', async () => {
  await using rest = await startRest({ ...options, herder: createMemoryHerder() })
  const answers = await Promise.all(
    [
      'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'GET /connectors HTTP/1.0\r\n\r\n',
      'GET http://evil/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
    ].map((text) => raw(rest.url, text)),
  )
  expect(answers.map((answer) => answer.slice(9, 12))).toEqual(['405', '200', '400', '400'])
  expect((await fetch(rest.url)).status).toBe(200)
})

test('a connection that never asked anything does not hold up a close', async () => {
  const rest = await startRest({ ...options, herder: createMemoryHerder() })
  const silent = connect(Number(new URL(rest.url).port), '127.0.0.1')
  await once(silent, 'connect')
  // Its other end is known to the server once an answer on a later connection has come.
  await fetch(rest.url)
  const gone = once(silent, 'close')
  await Promise.all([rest[Symbol.asyncDispose](), gone])
})

test.each([
  ['http://127.0.0.1:8083', '127.0.0.1', 8083],
  ['HTTP://:8083', undefined, 8083],
  ['http://[::1]:0', '::1', 0],
])('reads the listener %s', (text, host, port) => {
  expect(parseListener(text)).toMatchObject({ host, port })
})

test.each(['8083', 'http://host', 'ftp://h:1', 'http://h:70000'])('refuses the listener %s', (text) => {
  expect(() => parseListener(text)).toThrow(/listener/)
})

test('reads header rules as Jetty does, and refuses what is none', () => {
  expect(parseHeaderRules('add X-A: b, "set Cache-Control: no-cache, no-store", setDate Expires: 0')).toEqual([
    { action: 'add', name: 'X-A', value: 'b' },
    { action: 'set', name: 'Cache-Control', value: 'no-cache, no-store' },
    { action: 'set', name: 'Expires', value: 0 },
  ])
  const headers = new Headers({ 'x-a': 'a' })
  applyHeaderRules(parseHeaderRules('add X-A: b, setDate Expires: 1000'), headers, Date.UTC(2026, 0, 1))
  expect([...headers]).toEqual([
    ['expires', 'Thu, 01 Jan 2026 00:00:01 GMT'],
    ['x-a', 'a, b'],
  ])
  expect(parseHeaderRules('')).toEqual([])
  expect(() => parseHeaderRules('drop X: y')).toThrow('response.http.headers.config holds "drop X: y"')
})
