import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { workerFetch } from '#server/rest/worker-fetch.ts'

const seen: string[] = []
const server = createServer(async (request: IncomingMessage, response) => {
  const body = (await request.toArray()).join('')
  seen.push(`${request.method} ${request.url} ${request.headers['content-length'] ?? '-'} ${body}`)
  if (request.url === '/moved') response.writeHead(302, { location: '/' })
  else response.writeHead(request.url === '/none' ? 204 : 200)
  response.end(request.url === '/none' ? undefined : 'answer')
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const { signal } = new AbortController()
const reach = (path: string, method = 'GET', body?: string) =>
  workerFetch(`${url}${path}`, { method, headers: {}, signal, ...(body && { body: new TextEncoder().encode(body) }) })

test.each(['/connectors/../tasks', '/connectors/./fence', '/connectors/%2E%2E?forward=true', '/a%2Fb', '/?q=/../'])(
  '%s arrives as it was sent',
  async (path) => {
    expect(await (await reach(path)).text()).toBe('answer')
    expect(seen.pop()).toBe(`GET ${path} - `)
  },
)

test('an address without a path asks for the root', async () => {
  await reach('')
  expect(seen.pop()).toBe('GET / - ')
})

test.each(['PUT', 'POST', 'PATCH', 'DELETE'])('the body of a %s is as long as it says', async (method) => {
  await reach('/x', method, 'häuser')
  expect(seen.pop()).toBe(`${method} /x 7 häuser`)
})

test('an answer without content has none, and a redirect is no answer', async () => {
  expect(await (await reach('/none')).text()).toBe('')
  await expect(reach('/moved')).rejects.toThrow('redirect (302)')
})
