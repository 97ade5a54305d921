import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'

let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await startCluster({ properties: { 'sluice.profile': 'safe' } })
  url = cluster.workers[0]?.url ?? ''
  writeFileSync(cluster.file('in.txt'), 'one\n')
  const config = { 'connector.class': 'FileStreamSource', file: cluster.file('in.txt'), topic: 'guarded' }
  await askSettled(url, 'PUT', '/connectors/guarded/config', config)
  await inState(url, 'guarded', 'RUNNING')
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

/** A request with headers that `fetch` would not send. */
function send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

const changes = [
  ['PUT', '/connectors/guarded/pause'],
  ['PUT', '/connectors/guarded/stop'],
  ['POST', '/connectors/guarded/restart'],
  ['POST', '/connectors/guarded/tasks/0/restart'],
  ['PUT', '/connectors/guarded/topics/reset'],
  ['DELETE', '/connectors/guarded/offsets'],
  ['DELETE', '/connectors/guarded'],
  ['PUT', '/admin/loggers/root'],
] as const

describe.each(changes)('%s %s from a web page', (method, path) => {
  test.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['in a sandboxed frame', { origin: 'null' }],
    ['that hides its origin', { 'sec-fetch-site': 'cross-site' }],
    ['that rebound its name', { host: 'evil.example', origin: 'http://evil.example' }],
  ])('%s is refused and changes nothing', async (_who, headers) => {
    expect(await send(method, path, headers)).toBe(403)
    expect((await inState(url, 'guarded', 'RUNNING')).tasks).toHaveLength(1)
  })
})

test('a form cannot create a connector', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b']) {
    const body = '{"name":"evil","config":{"connector.class":"FileStreamSource","topic":"t"}}'
    expect(await send('POST', '/connectors', { 'content-type': type }, body)).toBe(415)
  }
  expect((await ask(url, 'GET', '/connectors')).body).toEqual(['guarded'])
})

test('nobody reads through a name that was rebound to this address', async () => {
  expect(await send('GET', '/connectors/guarded/config', { host: 'evil.example' })).toBe(403)
  expect(await send('GET', '/connectors/guarded/config', { host: 'localhost' })).toBe(200)
})

test('no answer invites other origins', async () => {
  const response = await fetch(`${url}/connectors`, { headers: { origin: 'https://evil.example' } })
  expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
})

test.each(['__proto__', 'constructor', 'prototype'])('a config with the key %s is refused in words', async (key) => {
  const text = `{"name":"p","config":{"connector.class":"FileStreamSource","topic":"t","${key}":"x"}}`
  const answer = await ask(url, 'POST', '/connectors', text)
  expect(answer).toMatchObject({ status: 400, body: { message: `The key '${key}' is not allowed in a JSON object.` } })
})

test('bodies beyond the limits are refused while they arrive', async () => {
  const huge = `{"name":"h","config":{"pad":"${'x'.repeat(1024 * 1024)}"}}`
  expect((await ask(url, 'POST', '/connectors', huge)).status).toBe(413)
  const deep = `{"config":${'['.repeat(100)}${']'.repeat(100)}}`
  expect((await ask(url, 'POST', '/connectors', deep)).status).toBe(400)
})

test('only workers of the group reach the internal endpoints', async () => {
  expect(await ask(url, 'POST', '/connectors/guarded/tasks', [])).toMatchObject({
    status: 400,
    body: { message: 'Internal request missing required signature' },
  })
  const forged = { 'x-connect-authorization': 'AAAA', 'x-connect-request-signature-algorithm': 'HmacSHA256' }
  expect(await ask(url, 'PUT', '/connectors/guarded/fence', undefined, forged)).toMatchObject({
    status: 403,
    body: { message: 'Internal request contained invalid signature.' },
  })
})

const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address

test.skipIf(outside === undefined)('the worker does not listen beyond this machine', async () => {
  const { port } = new URL(url)
  await expect(fetch(`http://${outside}:${port}/`)).rejects.toThrow()
})
